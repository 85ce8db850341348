import type { RpcServer } from "../server/rpc-server.ts";
import { RpcCode } from "../status.ts";
import { readFields, textField, writeBytes, writeNumber, writeText } from "./protobuf.ts";

/** Serialised `FileDescriptorProto`s. Both functions give a file with all that it needs, or nothing. */
export interface DescriptorSource {
  /** Full names of the services to list; those of reflection itself are added. */
  readonly services: readonly string[];
  fileByName(name: string): readonly Uint8Array[];
  /** The file that declares a service, a method, a message or an enum of that full name. */
  fileContainingSymbol(symbol: string): readonly Uint8Array[];
}

/** Serves `grpc.reflection.v1.ServerReflection` and its older name v1alpha ("GRPC Server Reflection Protocol"). Extensions are not known. */
export function serveReflection(server: RpcServer, source: DescriptorSource): void {
  const services = [...source.services, ...versions];
  for (const version of versions) {
    server.stream(`/${version}/ServerReflectionInfo`, async (stream) => {
      for await (const request of stream.messages) await stream.send(respond(request, source, services));
    });
  }
}

const versions = ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"];

function respond(request: Uint8Array, source: DescriptorSource, services: readonly string[]): Uint8Array {
  const fields = readFields(request);
  // Of a oneof, the last one counts.
  const asked = fields.findLast(({ number }) => number >= 3 && number <= 7)?.number;
  const name = asked === undefined ? "" : textField(fields, asked);
  return Buffer.concat([
    writeText(1, textField(fields, 1)),
    writeBytes(2, request),
    answer(asked, name, source, services),
  ]);
}

function answer(
  asked: number | undefined,
  name: string,
  source: DescriptorSource,
  services: readonly string[],
): Uint8Array {
  switch (asked) {
    case 3:
      return files(source.fileByName(name), `there is no file ${name}`);
    case 4:
      return files(source.fileContainingSymbol(name), `there is no symbol ${name}`);
    case 5:
    case 6:
      return problem(RpcCode.NOT_FOUND, "there are no extensions");
    case 7:
      return writeBytes(6, Buffer.concat(services.map((service) => writeBytes(1, writeText(1, service)))));
    default:
      return problem(RpcCode.INVALID_ARGUMENT, "the request asks for nothing");
  }
}

function files(found: readonly Uint8Array[], otherwise: string): Uint8Array {
  if (found.length === 0) return problem(RpcCode.NOT_FOUND, otherwise);
  return writeBytes(4, Buffer.concat(found.map((file) => writeBytes(1, file))));
}

function problem(code: number, message: string): Uint8Array {
  return writeBytes(7, Buffer.concat([writeNumber(1, code), writeText(2, message)]));
}

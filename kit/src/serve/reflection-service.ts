import { v1, v1alpha } from "@trilby/proto/reflection";
import { encodeMessage } from "@trilby/proto/encode";
import { methodPath } from "../protocol/names.ts";
import { RpcCode } from "../transport/rpc-error.ts";
import type { RpcServer } from "../transport/index.ts";
import type { ServedService } from "./served-service.ts";
import { decode } from "./service.ts";

/** Dapr asks by v1alpha, newer tools by v1; they differ in name alone. */
export function serveReflection(server: RpcServer, services: readonly ServedService[]): ServedService[] {
  const versions = [v1alpha.ServerReflectionDefinition, v1.ServerReflectionDefinition].map(
    (definition): ServedService => ({ definition, listed: () => true }),
  );
  const all = [...services, ...versions];
  for (const { definition } of versions) {
    const method = definition.methods["serverReflectionInfo"]!;
    server.stream(methodPath(definition, method), async (stream) => {
      for await (const message of stream.messages) {
        const request = decode(v1.ServerReflectionRequest, message, method);
        await stream.send(encodeMessage(v1.ServerReflectionResponse, await respond(request, all)));
      }
    });
  }
  return versions;
}

async function respond(
  request: v1.ServerReflectionRequest,
  services: readonly ServedService[],
): Promise<v1.ServerReflectionResponse> {
  return {
    validHost: request.host,
    originalRequest: request,
    messageResponse: await answer(request.messageRequest, services),
  };
}

async function answer(
  request: v1.ServerReflectionRequest["messageRequest"],
  services: readonly ServedService[],
): Promise<v1.ServerReflectionResponse["messageResponse"]> {
  switch (request?.$case) {
    case "listServices": {
      const service = services.filter((each) => each.listed()).map(({ definition }) => ({ name: definition.fullName }));
      return { $case: "listServicesResponse", value: { service } };
    }
    case "fileByFilename":
      return files((await descriptors()).fileByName(request.value), `there is no file ${request.value}`);
    case "fileContainingSymbol":
      return files((await descriptors()).fileContainingSymbol(request.value), `there is no symbol ${request.value}`);
    case "fileContainingExtension":
    case "allExtensionNumbersOfType":
      return problem(RpcCode.NOT_FOUND, "there are no extensions");
    default:
      return problem(RpcCode.INVALID_ARGUMENT, "the request asks for nothing");
  }
}

/** Loaded when somebody asks for them: a host asks for the names of the services alone. */
function descriptors(): Promise<typeof import("@trilby/proto/descriptors")> {
  return import("@trilby/proto/descriptors");
}

function files(fileDescriptorProto: Uint8Array[], otherwise: string): v1.ServerReflectionResponse["messageResponse"] {
  if (fileDescriptorProto.length === 0) return problem(RpcCode.NOT_FOUND, otherwise);
  return { $case: "fileDescriptorResponse", value: { fileDescriptorProto } };
}

function problem(errorCode: number, errorMessage: string): v1.ServerReflectionResponse["messageResponse"] {
  return { $case: "errorResponse", value: { errorCode, errorMessage } };
}

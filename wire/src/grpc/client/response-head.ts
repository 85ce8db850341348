import type { HeaderList } from "../../http2/header-list.ts";
import { codeOfHttpStatus } from "../code-mapping.ts";
import { RpcCode } from "../status.ts";

/** What response headers say about the messages that follow ("gRPC over HTTP/2", Responses: `Response-Headers`). */
export class ResponseHead {
  /** Absent: an answer of gRPC. Else the call ends with this. */
  readonly problem: { readonly code: number; readonly message: string } | undefined;
  /** How messages that say so are compressed. */
  readonly encoding: string | undefined;

  private constructor(headers: HeaderList) {
    this.problem = problemOf(headers);
    this.encoding = headers.get("grpc-encoding");
  }

  static of(headers: HeaderList): ResponseHead {
    const known = headers.attachment;
    if (known instanceof ResponseHead) return known;
    const made = new ResponseHead(headers);
    headers.attachment = made;
    return made;
  }
}

function problemOf(headers: HeaderList): ResponseHead["problem"] {
  if (headers.tooLarge) return { code: RpcCode.RESOURCE_EXHAUSTED, message: "The peer's headers are too large" };
  const status = headers.get(":status");
  if (status !== "200") {
    return { code: codeOfHttpStatus(status), message: `The peer answered with HTTP status ${status ?? "(none)"}` };
  }
  const type = headers.get("content-type");
  if (type === undefined || !grpcType.test(type)) {
    return { code: RpcCode.UNKNOWN, message: `The peer does not speak gRPC: its content-type is ${type ?? "absent"}` };
  }
  return undefined;
}

const grpcType = /^application\/grpc(?:[+;]|$)/;

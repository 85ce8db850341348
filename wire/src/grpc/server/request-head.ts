import type { HeaderField, HeaderList } from "../../http2/header-list.ts";
import { acceptedEncodings, acceptsGzip, encodingNamed } from "../compression.ts";
import type { MessageEncoding } from "../compression.ts";
import { decodeMetadata } from "../metadata.ts";
import { RpcCode, RpcError } from "../status.ts";
import type { RpcMetadata } from "../status.ts";
import { errorTrailers } from "../status-trailers.ts";
import { parseTimeout } from "../timeout.ts";
import type { Route, Routes } from "./routes.ts";

/**
 * What request headers say ("gRPC over HTTP/2", Requests: `Request-Headers`), found once for all calls of a connection whose header
 * blocks are equal.
 */
export class RequestHead {
  readonly path: string;
  /** Who serves it; absent, `refusal` is the whole answer. */
  readonly route: Route | undefined;
  readonly refusal: readonly HeaderField[] | undefined;
  readonly timeoutMs: number | undefined;
  readonly encoding: MessageEncoding;
  readonly acceptsGzip: boolean;
  readonly #headers: HeaderList;
  #metadata: RpcMetadata | undefined;

  private constructor(headers: HeaderList, routes: Routes) {
    const timeout = headers.get("grpc-timeout");
    this.#headers = headers;
    this.path = headers.get(":path") ?? "";
    this.timeoutMs = timeout === undefined ? undefined : parseTimeout(timeout);
    const encoding = encodingNamed(headers.get("grpc-encoding"));
    this.encoding = encoding ?? "identity";
    this.acceptsGzip = acceptsGzip(headers.get("grpc-accept-encoding"));
    this.route = routes.find(this.path);
    this.refusal = refusalOf(headers, this, encoding, timeout);
  }

  static of(headers: HeaderList, routes: Routes): RequestHead {
    const known = headers.attachment;
    if (known instanceof RequestHead) return known;
    const made = new RequestHead(headers, routes);
    headers.attachment = made;
    return made;
  }

  get metadata(): RpcMetadata {
    return (this.#metadata ??= decodeMetadata(this.#headers.fields));
  }

  header(name: string): string | undefined {
    return name.endsWith("-bin") ? undefined : this.#headers.get(name);
  }
}

function refusalOf(
  headers: HeaderList,
  head: RequestHead,
  encoding: MessageEncoding | undefined,
  timeout: string | undefined,
): readonly HeaderField[] | undefined {
  if (headers.get(":method") !== "POST") {
    return [
      [":status", "405"],
      ["allow", "POST"],
    ];
  }
  const type = headers.get("content-type");
  if (type === undefined || !grpcType.test(type)) return [[":status", "415"]];
  if (timeout !== undefined && head.timeoutMs === undefined) {
    return trailersOnly(new RpcError(RpcCode.INTERNAL, "The header grpc-timeout is no timeout"));
  }
  if (head.route === undefined) {
    return trailersOnly(new RpcError(RpcCode.UNIMPLEMENTED, `There is no method ${head.path} here`));
  }
  if (encoding === undefined) {
    const message = `Messages are compressed with "${headers.get("grpc-encoding")}", which is not known here`;
    return [...trailersOnly(new RpcError(RpcCode.UNIMPLEMENTED, message)), ["grpc-accept-encoding", acceptedEncodings]];
  }
  return undefined;
}

/** An answer without messages: `Trailers-Only`. */
export function trailersOnly(error: unknown, extra?: readonly HeaderField[]): HeaderField[] {
  return [[":status", "200"], ["content-type", "application/grpc"], ...errorTrailers(error, extra)];
}

const grpcType = /^application\/grpc(?:[+;]|$)/i;

import { ErrorCode, Http2Error } from "../http2-error.ts";

/** RFC 9113, section 4.3: a block that cannot be decoded ends the connection, since both ends' tables may differ from now on. */
export function compressionError(what: string): Http2Error {
  return new Http2Error(ErrorCode.COMPRESSION_ERROR, `the peer's header block is not valid HPACK: ${what}`, "local");
}

import type { Connection } from "./connection.ts";
import { checkHeaders, HeaderUse } from "./header-check.ts";
import type { HeaderList } from "./header-list.ts";
import { ErrorCode } from "./http2-error.ts";
import type { StreamRecord } from "./stream-record.ts";

/** Headers behind data end a message, of either side: RFC 9113, section 8.1. */
export function receiveTrailers(
  connection: Connection,
  stream: StreamRecord,
  headers: HeaderList,
  endStream: boolean,
  problem: string | undefined,
): void {
  if (headers.tooLarge) {
    connection.failStream(stream.id, stream, ErrorCode.ENHANCE_YOUR_CALM, "the trailers are too large");
    return;
  }
  let malformed = problem ?? checkHeaders(headers, HeaderUse.TRAILERS).malformed;
  if (!endStream) malformed ??= "headers in the middle of a stream";
  if (stream.expectedBytes >= 0 && stream.receivedBytes !== stream.expectedBytes)
    malformed ??= "DATA is not what content-length says";
  if (malformed === undefined) deliverHeaders(connection, stream, headers, endStream);
  else connection.failStream(stream.id, stream, ErrorCode.PROTOCOL_ERROR, malformed);
}

export function deliverHeaders(
  connection: Connection,
  stream: StreamRecord,
  headers: HeaderList,
  endStream: boolean,
): void {
  if (endStream) stream.remoteEnded = true;
  stream.tellHeaders(headers, endStream);
  if (endStream) connection.remoteEnd(stream);
}

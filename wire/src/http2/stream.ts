import type { Http2Error } from "./http2-error.ts";
import type { HeaderField, HeaderList, PreparedHeaders } from "./header-list.ts";

/**
 * One stream of a connection, as the layer above uses it. A server that has ended its side (all of it sent) has ended the stream: a
 * client that still sends gets RST_STREAM with NO_ERROR (RFC 9113, section 8.1). Nothing here throws because of the peer or of a stream that has ended: it does nothing then.
 */
export interface Http2Stream {
  readonly id: number;
  /** Bytes of this stream that wait for the peer's window or for the socket. */
  readonly bufferedBytes: number;

  /** Whether the peer takes header lists of this size (SETTINGS_MAX_HEADER_LIST_SIZE). One that it does not take is not sent: the stream is reset with INTERNAL_ERROR. */
  takesHeaders(headers: PreparedHeaders | readonly HeaderField[]): boolean;
  sendHeaders(headers: PreparedHeaders | readonly HeaderField[], endStream: boolean): void;
  /**
   * Sends the parts one after another; they belong to the stream until they are sent. False when more waits than the high-water mark:
   * `drained` tells when there is room. Sent anyway, so one message is never cut.
   */
  sendData(endStream: boolean, ...parts: readonly Uint8Array[]): boolean;
  /** Headers, data and trailers of a short answer at once, in one write where the windows allow it. Ends this side. */
  respond(
    headers: PreparedHeaders | readonly HeaderField[],
    prefix: Uint8Array,
    body: Uint8Array,
    trailers: PreparedHeaders | readonly HeaderField[],
  ): void;
  /** The last headers of this side, after all data. */
  sendTrailers(trailers: PreparedHeaders | readonly HeaderField[]): void;
  /** Ends the stream at once, both ways; what waits is dropped; `closed` follows before this returns. */
  reset(code: number): void;
  /**
   * The layer above is done with so many bytes of data: the peer may send as many again. Whoever gathers a message that may be larger
   * than the window (1 MiB) consumes its parts as they come. What was not consumed when the stream closes is given back by itself.
   */
  consume(byteCount: number): void;
}

/** What happens to a stream. One object may serve many streams. */
export interface StreamReceiver {
  /** A client's response headers (informational ones too, by their `:status`), or either side's trailers. */
  headers(stream: Http2Stream, headers: HeaderList, endStream: boolean): void;
  /** A view of what the socket read; keep it as long as you like, but it keeps up to 64 KiB alive. */
  data(stream: Http2Stream, bytes: Uint8Array, endStream: boolean): void;
  /** After `sendData` said false: there is room again. */
  drained(stream: Http2Stream): void;
  /** Once, as the last thing: both sides ended (no error), or the stream was reset, by either side, or its connection is gone. */
  closed(stream: Http2Stream, error: Http2Error | undefined): void;
}

import type { Socket } from "node:net";

import type { HeaderList } from "./header-list.ts";
import type { Http2Error } from "./http2-error.ts";
import type { Http2Options } from "./http2-options.ts";
import type { Http2Stream, StreamReceiver } from "./stream.ts";

export interface Http2ServerOptions extends Http2Options {
  /**
   * SETTINGS_MAX_CONCURRENT_STREAMS: streams of one connection that are open at once. Default 1000.
   * One more gets RST_STREAM with REFUSED_STREAM.
   */
  readonly maxConcurrentStreams?: number | undefined;
  /** A PING of the peer, after its acknowledgement is on its way. For a layer above that has a policy for them. */
  readonly onPing?: ((connection: Http2ServerConnection) => void) | undefined;
  /** Once, as the last thing: every stream was told before. No error: it ended by `closeGracefully`, or the peer left without open streams. */
  readonly onClosed?: ((connection: Http2ServerConnection, error: Http2Error | undefined) => void) | undefined;
}

/** A request begins. What it throws resets the stream with INTERNAL_ERROR. */
export type OnStream = (stream: Http2Stream, headers: HeaderList, endStream: boolean) => StreamReceiver;

export interface Http2ServerConnection {
  readonly socket: Socket;
  readonly activeStreams: number;
  readonly closed: boolean;
  /** Streams that were opened so far: tells a layer above whether anything happened since it last looked. */
  readonly openedStreams: number;
  /**
   * GOAWAY in two steps (RFC 9113, section 6.8): the peer is told, streams that it opened meanwhile are still served, and when all
   * have ended the connection does. Idempotent.
   */
  closeGracefully(): void;
  /** Ends every stream and the connection at once. An error's code and message go to the peer in GOAWAY. */
  destroy(error?: Http2Error): void;
  /** Milliseconds until the acknowledgement; undefined: the connection ended before it came. */
  ping(acknowledged: (roundTripMs: number | undefined) => void): void;
}

/** Speaks HTTP/2 as a server on a connected socket: plain with prior knowledge, unix, or TLS that has agreed on `h2`. The socket is its own from now on. */
export declare function acceptHttp2(
  socket: Socket,
  options: Http2ServerOptions,
  onStream: OnStream,
): Http2ServerConnection;

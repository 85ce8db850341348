import type { Socket } from "node:net";

import type { HeaderField, PreparedHeaders } from "./header-list.ts";
import type { Http2Error } from "./http2-error.ts";
import type { Http2Options } from "./http2-options.ts";
import type { Http2Stream, StreamReceiver } from "./stream.ts";

export interface Http2ClientOptions extends Http2Options {
  /** Streams to open at once while the peer's SETTINGS_MAX_CONCURRENT_STREAMS is not known yet. Default 100. */
  readonly initialMaxConcurrentStreams?: number | undefined;
}

export interface Http2ClientEvents {
  /** The peer's first SETTINGS came: it speaks HTTP/2. Requests may be made before. */
  ready?(connection: Http2ClientConnection): void;
  /**
   * At most once: no new stream can be opened here any more, by the peer's GOAWAY (the error has its code and text), or since all
   * stream ids are used (no error). Streams that the peer did not begin with were closed before with `notProcessed`; the others go on.
   */
  goingAway?(connection: Http2ClientConnection, error: Http2Error | undefined): void;
  /** After `request` gave undefined: there is room for a stream again. */
  streamAvailable?(connection: Http2ClientConnection): void;
  /** Once, as the last thing: every stream was told before. */
  closed?(connection: Http2ClientConnection, error: Http2Error | undefined): void;
}

export interface Http2ClientConnection {
  readonly socket: Socket;
  readonly activeStreams: number;
  readonly closed: boolean;
  /** Whether `request` gives a stream now. */
  readonly canOpen: boolean;
  /** Neither closed nor going away: it may have no room now, but will again. */
  readonly usable: boolean;
  /**
   * Opens a stream; undefined when the peer allows no more now or the connection goes away. `receiver` is never called before this returns.
   * A connection that still connects (TCP or TLS) takes requests: they are sent once it has.
   */
  request(
    headers: PreparedHeaders | readonly HeaderField[],
    endStream: boolean,
    receiver: StreamReceiver,
  ): Http2Stream | undefined;
  /** Opens no more streams and closes when those under way have ended. Idempotent. */
  closeGracefully(): void;
  /** Ends every stream and the connection at once. An error's code and message go to the peer in GOAWAY. */
  destroy(error?: Http2Error): void;
  /** Milliseconds until the acknowledgement; undefined: the connection ended before it came. */
  ping(acknowledged: (roundTripMs: number | undefined) => void): void;
}

/** Speaks HTTP/2 as a client on a socket: plain with prior knowledge, unix, or TLS that offers `h2`. The socket is its own from now on. */
export declare function connectHttp2(
  socket: Socket,
  options: Http2ClientOptions,
  events: Http2ClientEvents,
): Http2ClientConnection;

import type { Server } from "node:net";
import type { Http2ServerOptions } from "../../http2/server-connection.ts";
import type { ListenAddress } from "./rpc-server.ts";

export interface ServerOptions {
  readonly tls?: ServerTls | undefined;
  /** A larger request ends its call with RESOURCE_EXHAUSTED, by its announced length or while it is inflated. Negative: no limit. Default 4 MiB. */
  readonly maxReceiveBytes?: number | undefined;
  /** A larger response ends its call with RESOURCE_EXHAUSTED. Absent or negative: no limit. */
  readonly maxSendBytes?: number | undefined;
  /**
   * What the messages of a connection that are larger than 64 KiB may hold together, while they come and until they are handled (a
   * stream's: until the next is asked for). Others wait, held back by flow control. Default 64 MiB.
   */
  readonly requestMemoryBytes?: number | undefined;
  /** All request headers of one call together. Default 64 KiB. More get RST_STREAM with ENHANCE_YOUR_CALM. */
  readonly maxHeaderBytes?: number | undefined;
  /** Calls under way on one connection. Default 1000. One more gets RST_STREAM with REFUSED_STREAM, which clients take for UNAVAILABLE. */
  readonly maxConcurrentStreams?: number | undefined;
  /** Bytes of messages that a caller may send ahead of the handler that reads them. Default 256 KiB. */
  readonly streamWindowBytes?: number | undefined;
  /**
   * The same for all callers of a connection together. Default: `streamWindowBytes` for each of `maxConcurrentStreams`, so that calls
   * that nobody reads do not hold up the others.
   */
  readonly connectionWindowBytes?: number | undefined;
  /** Bytes of messages that may wait for the caller to read them before `send` holds its handler back. Default 64 KiB. */
  readonly sendBufferBytes?: number | undefined;
  /** Compresses responses of so many bytes and more with gzip where the caller takes that. Absent: none. Compressed requests are always read. */
  readonly gzipResponsesFromBytes?: number | undefined;
  /** Pings that find a dead peer. Absent: none. */
  readonly keepalive?: ServerKeepalive | undefined;
  /** What callers' pings may cost. Absent: all are answered. */
  readonly pingPolicy?: PingPolicy | undefined;
  /** A connection older than this, up to a tenth more or less, gets GOAWAY with NO_ERROR; its calls go on. Absent: any age. */
  readonly maxConnectionAgeMs?: number | undefined;
  /** For the calls of a connection that grew too old; then they are ended with it. Absent: as long as they take. */
  readonly maxConnectionAgeGraceMs?: number | undefined;
  /** A connection without calls for so long, up to a quarter more, gets GOAWAY with NO_ERROR. Absent: it stays. */
  readonly maxConnectionIdleMs?: number | undefined;
  /** Binds a server's socket in another way than `server.listen`: resolves when it listens. */
  readonly bind?: ((server: Server, address: ListenAddress) => Promise<void>) | undefined;
  /** Limits of HTTP/2 that have no name here. */
  readonly http2?: Omit<Http2ServerOptions, "onPing" | "onClosed"> | undefined;
}

export interface ServerKeepalive {
  /** From one ping to the next. */
  readonly timeMs: number;
  /** The connection is given up, and its calls end, when no answer came for so long. */
  readonly timeoutMs: number;
}

/** gRFC A8: a caller that pings too often three times, without a message or headers of ours in between, gets GOAWAY with ENHANCE_YOUR_CALM and `too_many_pings`. */
export interface PingPolicy {
  readonly minTimeMs: number;
  /** Whether `minTimeMs` counts while no call is under way too. Absent: then one ping every two hours is allowed. */
  readonly withoutCalls?: boolean | undefined;
}

/** PEM texts. */
export interface ServerTls {
  readonly certificate: string;
  readonly privateKey: string;
  /** Present: callers must show a certificate of this authority. */
  readonly clientCa?: string | undefined;
}

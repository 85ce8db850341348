import type { Http2ClientOptions } from "../../http2/client-connection.ts";

/** A unix socket, or a host and port. */
export type Target = { readonly path: string } | { readonly host: string; readonly port: number };

export interface ConnectOptions {
  readonly tls?: ClientTls | undefined;
  /** Pings that find a dead peer. Absent: none. */
  readonly keepalive?: ClientKeepalive | undefined;
  /** A larger response ends its call with RESOURCE_EXHAUSTED; the peer gets RST_STREAM CANCEL. Negative: no limit. Default 4 MiB. */
  readonly maxReceiveBytes?: number | undefined;
  /** A larger request ends its call with RESOURCE_EXHAUSTED before anything of it is sent. Absent or negative: no limit. */
  readonly maxSendBytes?: number | undefined;
  /** The longest pause between two attempts to connect; the first one is 50 ms. Default 500. */
  readonly maxReconnectMs?: number | undefined;
  /** From the start of an attempt to the peer's SETTINGS frame. Default 20,000. */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Calls that wait for a connection, or for one of the streams that the peer allows at a time. One more ends with
   * RESOURCE_EXHAUSTED. Default 10,000.
   */
  readonly maxWaitingCalls?: number | undefined;
  /** All response headers, or trailers, of one call together; more end the call with RESOURCE_EXHAUSTED. Default 64 KiB. */
  readonly maxHeaderBytes?: number | undefined;
  /** Bytes of messages that a stream's peer may send ahead of the reader. Default 256 KiB. */
  readonly streamWindowBytes?: number | undefined;
  /** Bytes of messages that may wait for the peer to read them before `send` holds its caller back. Default 64 KiB. */
  readonly sendBufferBytes?: number | undefined;
  /** Tells the peer that it may compress its answers. Default true. */
  readonly acceptCompressed?: boolean | undefined;
  /** Limits of HTTP/2 that have no name here. */
  readonly http2?: Http2ClientOptions | undefined;
}

export interface ClientKeepalive {
  readonly timeMs: number;
  /** The connection is given up, and its calls end with UNAVAILABLE, when no answer came for so long. */
  readonly timeoutMs: number;
  /** Also while no call is under way. Absent: no. */
  readonly whenIdle?: boolean | undefined;
}

/** PEM texts. */
export interface ClientTls {
  /** Absent: the authorities that Node trusts. */
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly privateKey?: string | undefined;
  /** The name to expect in the peer's certificate, when it is not the target's host. */
  readonly serverName?: string | undefined;
  /** Accepts any certificate. */
  readonly insecureSkipVerify?: boolean | undefined;
}

/** The target as messages name it. */
export function targetName(target: Target): string {
  return "path" in target ? target.path : hostAndPort(target.host, target.port);
}

/** What stands in `:authority`. A unix socket has none, and gRPC says localhost then. */
export function authorityOf(target: Target, tls: ClientTls | undefined): string {
  if (tls?.serverName !== undefined) return tls.serverName;
  return "path" in target ? "localhost" : hostAndPort(target.host, target.port);
}

function hostAndPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

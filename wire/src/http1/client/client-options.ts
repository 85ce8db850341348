/** A unix socket, or a host and port. */
export type Http1Target = { readonly path: string } | { readonly host: string; readonly port: number };

export interface Http1ClientOptions {
  /** Absent: no TLS. */
  readonly tls?: Http1ClientTls | undefined;
  /** What `host` says. Default: the target's host and port; `localhost` for a unix socket. */
  readonly authority?: string | undefined;
  /** Connections open at a time, those that still connect included. Default 1024. */
  readonly maxConnections?: number | undefined;
  /** Of these, how many may wait for the next request. Default 64. */
  readonly maxIdleConnections?: number | undefined;
  /** Requests that wait for a connection when all are taken; one more fails with `overloaded`. Default 10,000. */
  readonly maxWaitingRequests?: number | undefined;
  /** The head of an answer, interim ones before it and trailers after it. Default 64 KiB. */
  readonly maxHeadBytes?: number | undefined;
  /** The body of an answer. Negative: no limit. Default 4 MiB. */
  readonly maxBodyBytes?: number | undefined;
}

/** Any version of TLS from 1.2 on. */
export interface Http1ClientTls {
  /** PEM text. Absent: the authorities that Node trusts. */
  readonly ca?: string | undefined;
  /** The name to expect in the peer's certificate, when it is not the target's host. */
  readonly serverName?: string | undefined;
  /** Accepts any certificate. */
  readonly insecureSkipVerify?: boolean | undefined;
}

/** What `host` says when nobody says otherwise. */
export function authorityOf(target: Http1Target): string {
  if ("path" in target) return "localhost";
  return `${target.host.includes(":") ? `[${target.host}]` : target.host}:${target.port}`;
}

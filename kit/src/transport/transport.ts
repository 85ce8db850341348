import type { ClientTls } from "@trilby/wire/grpc";
import type { Channel } from "./channel.ts";
import type { ListenAddress, RpcServer } from "./server.ts";

export type { ClientTls } from "@trilby/wire/grpc";

/** One way to carry gRPC. All of them behave the same; they differ in speed and in what they load. */
export interface Transport {
  /** Makes a channel; connects when the first call or `ready` needs it, and again after every loss. */
  connect(target: Target, options?: ConnectOptions): Promise<Channel>;
  createServer(options?: ServerOptions): Promise<RpcServer>;
}

/** A unix socket, or a host and port. */
export type Target = ListenAddress;

export interface ConnectOptions extends MessageLimits {
  readonly tls?: ClientTls | undefined;
  readonly keepalive?:
    | (Keepalive & { /** Also while no call is under way. Absent: no. */ readonly whenIdle?: boolean })
    | undefined;
  /** The longest pause between two attempts to connect; the first one is 50 ms. Default 500. */
  readonly maxReconnectMs?: number | undefined;
}

export interface ServerOptions extends MessageLimits {
  readonly tls?: ServerTls | undefined;
  readonly keepalive?: Keepalive | undefined;
  /** All request headers of one call together, names included. Default 64 KiB. */
  readonly maxHeaderBytes?: number | undefined;
  /** Calls under way on one connection; more wait at the caller. Absent: 1000, with grpc-js no limit. */
  readonly maxConcurrentStreams?: number | undefined;
}

export interface MessageLimits {
  /** A larger message ends its call with RESOURCE_EXHAUSTED. Default 4 MiB, as everywhere in gRPC. */
  readonly maxReceiveBytes?: number | undefined;
  /** Absent: no limit. */
  readonly maxSendBytes?: number | undefined;
}

/**
 * Pings that find a dead peer. Ours answers all of them, however frequent; a server in Go that was not told otherwise ends
 * a connection that pings more often than every five minutes.
 */
export interface Keepalive {
  readonly timeMs: number;
  readonly timeoutMs: number;
}

export interface ServerTls {
  readonly certificate: string;
  readonly privateKey: string;
  /** Present: callers must show a certificate of this authority. */
  readonly clientCa?: string | undefined;
}

import { Channel as GrpcChannel, connectivityState, credentials } from "@grpc/grpc-js";
import type { ChannelCredentials, ChannelOptions } from "@grpc/grpc-js";
import type { CallOptions, Channel, ClientStream } from "../channel.ts";
import { RpcCode, RpcError } from "../rpc-error.ts";
import type { ClientTls, ConnectOptions, Target } from "../transport.ts";
import { checkSocketPath } from "../unix-socket.ts";
import { GrpcClientStream } from "./client-stream.ts";
import { UnaryCall } from "./unary-call.ts";

export function connect(target: Target, options: ConnectOptions = {}): Channel {
  if ("path" in target) checkSocketPath(target.path);
  return new GrpcJsChannel(target, options);
}

/** Timers end at 2^31 - 1 ms; a longer wait is as good as none. */
const longestTimeoutMs = 2 ** 31 - 1;

class GrpcJsChannel implements Channel {
  readonly #name: string;
  readonly #channel: GrpcChannel;
  readonly #calls = new Set<UnaryCall | GrpcClientStream>();
  #closed = false;

  constructor(target: Target, options: ConnectOptions) {
    this.#name = "path" in target ? target.path : `${target.host}:${target.port}`;
    this.#channel = new GrpcChannel(
      "path" in target ? `unix:${target.path}` : hostAndPort(target.host, target.port),
      channelCredentials(options.tls),
      channelOptions(options),
    );
  }

  unary(path: string, request: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    try {
      const call = new UnaryCall(this.#start(path, options), request, options, this.#ended);
      this.#calls.add(call);
      return call.result;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  stream(path: string, options: CallOptions = {}): ClientStream {
    const stream = new GrpcClientStream(this.#start(path, options), options, this.#ended);
    this.#calls.add(stream);
    return stream;
  }

  ready(timeoutMs: number): Promise<void> {
    const deadline = Date.now() + Math.min(timeoutMs, longestTimeoutMs);
    return new Promise((resolve, reject) => {
      const check = (late?: Error): void => {
        const state = this.#closed ? connectivityState.SHUTDOWN : this.#channel.getConnectivityState(true);
        if (state === connectivityState.READY) resolve();
        else if (state === connectivityState.SHUTDOWN) reject(this.#closedError());
        else if (late !== undefined)
          reject(new RpcError(RpcCode.UNAVAILABLE, `Nobody answers at ${this.#name} after ${timeoutMs} ms`));
        else this.#channel.watchConnectivityState(state, deadline, check);
      };
      check();
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const call of this.#calls) call.cancel();
    this.#channel.close();
  }

  #start(path: string, options: CallOptions): ReturnType<GrpcChannel["createCall"]> {
    if (this.#closed) throw this.#closedError();
    if (options.signal?.aborted || options.cancellation?.cancelled)
      throw new RpcError(RpcCode.CANCELLED, "The caller cancelled the call before it began");
    const { timeoutMs } = options;
    const deadline = timeoutMs === undefined || timeoutMs > longestTimeoutMs ? Infinity : Date.now() + timeoutMs;
    return this.#channel.createCall(path, deadline, null, null, null);
  }

  readonly #ended = (call: UnaryCall | GrpcClientStream): void => {
    this.#calls.delete(call);
  };

  #closedError(): RpcError {
    return new RpcError(RpcCode.UNAVAILABLE, `The channel to ${this.#name} is closed`);
  }
}

function channelOptions(options: ConnectOptions): ChannelOptions {
  const { keepalive, tls } = options;
  return {
    "grpc.max_receive_message_length": options.maxReceiveBytes ?? 4 * 1024 * 1024,
    "grpc.max_send_message_length": options.maxSendBytes ?? -1,
    // The library's own pauses begin at a second and reach two minutes; a peer that is back should be used at once.
    "grpc.initial_reconnect_backoff_ms": 50,
    "grpc.max_reconnect_backoff_ms": options.maxReconnectMs ?? 500,
    "grpc.dns_min_time_between_resolutions_ms": 1000,
    // Retries belong to the caller. The library's buffer for them also tells a sender that a message was written while it
    // only waits in that buffer, up to 1 MiB a call: without the buffer, back-pressure is true.
    "grpc.enable_retries": 0,
    "grpc.retry_buffer_size": 0,
    "grpc.per_rpc_retry_buffer_size": 0,
    // A connection for each channel: closing a channel closes its connection.
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_channelz": 0,
    "grpc.enable_http_proxy": 0,
    "grpc.service_config_disable_resolution": 1,
    ...(keepalive && {
      "grpc.keepalive_time_ms": keepalive.timeMs,
      "grpc.keepalive_timeout_ms": keepalive.timeoutMs,
      "grpc.keepalive_permit_without_calls": keepalive.whenIdle ? 1 : 0,
    }),
    ...(tls?.serverName !== undefined && {
      "grpc.ssl_target_name_override": tls.serverName,
      "grpc.default_authority": tls.serverName,
    }),
  };
}

function channelCredentials(tls: ClientTls | undefined): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  const pem = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));
  return credentials.createSsl(pem(tls.ca), pem(tls.privateKey), pem(tls.certificate), {
    ...(tls.insecureSkipVerify && { rejectUnauthorized: false, checkServerIdentity: () => undefined }),
  });
}

function hostAndPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

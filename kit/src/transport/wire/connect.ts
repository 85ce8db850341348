import { connect as connectWire } from "@trilby/wire/grpc";
import type { Channel } from "../channel.ts";
import type { ConnectOptions, Target } from "../transport.ts";
import { checkSocketPath } from "../unix-socket.ts";

/** The channel of @trilby/wire has the shape of ours. */
export function connect(target: Target, options: ConnectOptions = {}): Channel {
  if ("path" in target) checkSocketPath(target.path);
  return connectWire(target, options);
}

import type { Kind } from "@trilby/kit";
import type { Placement } from "../core/world.ts";
import { remoteSession, type RemoteSettings } from "./remote-session.ts";

/** Somebody else's process on a socket: the suite neither starts nor kills it. */
export function liveSocket<K extends Kind>(settings: Omit<RemoteSettings<K>, "process">): Placement<K> {
  return { name: "socket", abilities: new Set(["wire"]), start: () => remoteSession(settings) };
}

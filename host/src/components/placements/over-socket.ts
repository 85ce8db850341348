import type { Kind } from "@trilby/kit";

import type { Opener, OpenerSettings } from "./backing.ts";
import { openRemote } from "./remote.ts";

/** Opens a component that somebody else's process serves on a socket. It comes back when that process does. */
export function overSocket(path: string, kind: Kind, settings: OpenerSettings): Opener {
  return (signal) => openRemote(path, kind, settings, signal);
}

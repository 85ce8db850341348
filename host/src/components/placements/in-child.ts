import type { Kind } from "@trilby/kit";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import type { Opener, OpenerSettings } from "./backing.ts";
import { type ChildSettings, startChild } from "./child-process.ts";
import { openRemote } from "./remote.ts";

/** What starting a process may take on a busy machine, before the component's own time limit counts. */
export const processStartMs = 10_000;

const stopTimeoutMs = 3000;

/** Opens a component package in a child process on a socket that only this user can reach. A new process each time. */
export function inChild(child: Omit<ChildSettings, "socketPath">, kind: Kind, settings: OpenerSettings): Opener {
  return async (signal) => {
    const folder = await mkdtemp(join(tmpdir(), "trilby-"));
    const removeFolder = () => rm(folder, { recursive: true, force: true }).catch(() => {});
    const socketPath = join(folder, "c.sock");
    const running = await startChild({ ...child, socketPath }, signal).catch(async (error: unknown) => {
      await removeFolder();
      throw error;
    });
    let stopping: Promise<void> | undefined;
    const stop = () => (stopping ??= running.stop(stopTimeoutMs).then(removeFolder));
    try {
      const remote = await openRemote(socketPath, kind, settings, signal);
      return {
        instance: remote.instance,
        features: remote.features,
        lost: Promise.race([remote.lost, running.ended.then(() => {})]),
        // The connection breaks a moment before the process is reported as ended.
        reason: () => Promise.race([running.ended, delay(250, "it does not answer any more", { ref: false })]),
        async close() {
          await remote.close();
          await stop();
        },
      };
    } catch (error) {
      running.kill();
      await stop();
      throw error;
    }
  };
}

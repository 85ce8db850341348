import { ComponentError, type Kind } from "@trilby/kit";
import { RpcCode } from "@trilby/kit/transport";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { limited, type Opener, type OpenerSettings } from "./backing.ts";
import { type ChildSettings, startChild } from "./child-process.ts";
import { openRemote } from "./remote.ts";

/** What starting a process may take on a busy machine; after it the component's own time limit begins. */
const processStartMs = 20_000;

const stopTimeoutMs = 3000;

const keepalive = { timeMs: 10_000, timeoutMs: 5000, whenIdle: true };

/** Opens a component package in a child process on a socket that only this user can reach. A new process each time. */
export function inChild(
  child: Omit<ChildSettings, "socketPath" | "folder">,
  kind: Kind,
  settings: OpenerSettings,
): Opener {
  return async (signal) => {
    const folder = mkdtempSync(join(tmpdir(), "trilby-"));
    const removeFolder = () => rm(folder, { recursive: true, force: true }).catch(() => {});
    const socketPath = join(folder, "c.sock");
    const running = await startChild({ ...child, folder, socketPath }, limited(signal, processStartMs)).catch(
      async (error: unknown) => {
        await removeFolder();
        throw startFailure(error);
      },
    );
    let stopping: Promise<void> | undefined;
    const stop = () => (stopping ??= running.stop(stopTimeoutMs).then(removeFolder));
    try {
      const remote = await openRemote(socketPath, kind, settings, signal, keepalive);
      // A process that answers no pings will not answer a polite request to end either.
      const lost = Promise.race([remote.lost, running.ended]);
      let isLost = false;
      void lost.then(() => (isLost = true));
      return {
        instance: remote.instance,
        features: remote.features,
        lost,
        // The connection breaks a moment before the process is reported as ended.
        reason: () => Promise.race([running.ended, delay(250, "it does not answer any more", { ref: false })]),
        async close() {
          if (isLost) running.kill();
          await remote.close();
          await stop();
        },
      };
    } catch (error) {
      const how = isGone(error)
        ? await Promise.race([running.ended, delay(250, undefined, { ref: false })])
        : undefined;
      running.kill();
      await stop();
      throw how === undefined ? error : new Error(how, { cause: error });
    }
  };
}

function startFailure(error: unknown): unknown {
  const isLate = error instanceof Error && error.name === "TimeoutError";
  return isLate ? new Error(`its process was not ready within ${processStartMs / 1000}s`, { cause: error }) : error;
}

/** How the process ended says more than that nobody answers. */
function isGone(error: unknown): boolean {
  return ComponentError.is(error)
    ? error.code === "unavailable"
    : (error as { code?: unknown }).code === RpcCode.UNAVAILABLE;
}

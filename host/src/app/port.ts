import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import type { Logger } from "@trilby/kit";

/**
 * Resolves to true when something takes connections on the port, to false when aborted before that. Dials every 100 ms
 * for ever: an application may take its time to start.
 */
export async function waitForPort(
  target: { readonly host: string; readonly port: number },
  logger: Logger,
  signal: AbortSignal,
): Promise<boolean> {
  const startedAt = performance.now();
  for (let attempt = 1; !signal.aborted; attempt++) {
    if (await dial(target, signal)) {
      logger.info(`application discovered on port ${target.port}`);
      return true;
    }
    if (attempt === 1) {
      logger.info(`waiting on port ${target.port}. This will block until the app is listening on that port.`);
    } else if (attempt % attemptsPerProgressLine === 0) {
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      logger.info(`still waiting for the app on ${target.host}:${target.port}, for ${seconds} s now`);
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

const pauseMs = 100;
const dialTimeoutMs = 500;
const attemptsPerProgressLine = 100;

function dial(target: { readonly host: string; readonly port: number }, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: target.host, port: target.port, signal });
    const answer = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.setTimeout(dialTimeoutMs, () => answer(false));
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
  });
}

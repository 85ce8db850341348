import type { Logger } from "@trilby/kit";

import type { HttpAppChannel } from "./app/channel.ts";

const answerTimeoutMs = 5000;

/**
 * Asks an HTTP app for its configuration, as daprd does when the app is first healthy. All it can hold is about actors,
 * which this version does not host: an app that has some is told so in the log.
 */
export async function askAppConfiguration(
  channel: HttpAppChannel,
  appId: string,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { status, body } = await channel.route("GET", "dapr/config").call({
      contentType: "application/json",
      headers: { "dapr-app-id": appId },
      signal,
      timeoutMs: answerTimeoutMs,
      repeatable: true,
    });
    if (status !== 200 || body.length === 0) return;
    logger.info("Application configuration loaded");
    const { entities } = JSON.parse(new TextDecoder().decode(body)) as { entities?: unknown };
    if (!Array.isArray(entities) || entities.length === 0) return;
    logger.warn(
      `the app hosts the actors ${entities.join(", ")}, but this version has no actors: nobody can call them`,
    );
  } catch (error) {
    if (signal.aborted) return;
    logger.warn(`the app's answer to GET /dapr/config cannot be used: ${(error as Error).message}`);
  }
}

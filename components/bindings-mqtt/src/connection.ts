import { ComponentError, type ErrorCode, type Logger } from "@trilby/kit";
import type { IClientOptions, MqttClient } from "mqtt";
import { readAddress } from "./address.ts";
import type { MqttOptions } from "./fields.ts";

/**
 * A client that connects in the background and comes back by itself for as long as it is not ended. `inFlight`: how many
 * messages the broker may send ahead of their acknowledgements (MQTT 5 alone can tell it).
 */
export async function createClient(
  options: MqttOptions,
  role: "producer" | "consumer",
  logger: Logger,
  inFlight = 65_535,
): Promise<MqttClient> {
  const { default: library } = await import("mqtt");
  const { url, username, password, shown } = readAddress(options.url);
  const isVersion5 = options.protocolVersion === "5";
  const settings: IClientOptions = {
    clientId: `${options.consumerID}-${role}`,
    protocolVersion: isVersion5 ? 5 : 4,
    clean: options.cleanSession,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(options.caCert && { ca: options.caCert }),
    ...(options.clientCert && { cert: options.clientCert, key: options.clientKey! }),
    keepalive: keepAliveSeconds,
    connectTimeout: connectLimitMs,
    reconnectPeriod: reconnectAfterMs,
    // A broker that refuses us today may have been set right tomorrow.
    reconnectOnConnackError: true,
    // Who reads subscribes anew himself, where the broker has forgotten him.
    resubscribe: false,
    ...(isVersion5 && {
      properties: { receiveMaximum: inFlight, sessionExpiryInterval: options.cleanSession ? 0 : neverExpires },
    }),
  };
  const client = library.connect(url, settings);
  // Each call that waits for the connection is one.
  client.setMaxListeners(0);
  watch(client, shown, role, logger);
  return client;
}

/** Resolves when connected; rejects after the time, or at once when the broker refuses us. */
export async function connected(client: MqttClient, limitMs: number, signal?: AbortSignal): Promise<void> {
  if (client.connected) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let latest: unknown;
  const onConnect = () => resolve();
  const onError = (error: unknown) => {
    latest = error;
    if (isRefusal(error)) reject(connectionError(error));
  };
  const timer = setTimeout(() => reject(connectionError(latest)), limitMs);
  const onAbort = () => reject(new ComponentError("cancelled", "the caller no longer waits for the broker"));
  client.on("connect", onConnect).on("error", onError);
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted) onAbort();
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    client.off("connect", onConnect).off("error", onError);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Says goodbye to the broker, or hangs up when that takes too long. */
export async function endClient(client: MqttClient): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => client.stream.destroy(), endLimitMs);
  client.end(!client.connected, () => resolve());
  await promise;
  clearTimeout(timer);
}

/** What the library or the broker said, as the contract's error. */
export function connectionError(error: unknown): ComponentError {
  if (ComponentError.is(error)) return error;
  const message = error instanceof Error && error.message !== "" ? error.message : "it does not answer";
  return new ComponentError(codeOf(error), `the MQTT broker cannot be used: ${message}`, { cause: error });
}

const keepAliveSeconds = 30;
const connectLimitMs = 10_000;
const reconnectAfterMs = 1_000;
const endLimitMs = 2_000;
const neverExpires = 0xffff_ffff;

/** Bad credentials and bans, by their codes in MQTT 3.1.1 and 5. */
const refusals: Readonly<Record<number, ErrorCode>> = {
  2: "invalid-argument",
  4: "unauthenticated",
  5: "permission-denied",
  133: "invalid-argument",
  134: "unauthenticated",
  135: "permission-denied",
  138: "permission-denied",
  144: "invalid-argument",
  149: "resource-exhausted",
  151: "resource-exhausted",
};

const certificateProblem = /CERT|^ERR_(SSL|TLS)|^UNABLE_TO_/;

function isRefusal(error: unknown): boolean {
  return codeOf(error) !== "unavailable";
}

function codeOf(error: unknown): ErrorCode {
  const { code } = (error ?? {}) as { code?: unknown };
  if (typeof code === "string" && certificateProblem.test(code)) return "failed-precondition";
  return (typeof code === "number" ? refusals[code] : undefined) ?? "unavailable";
}

/** Logs the beginning and the end of each outage, not every attempt. */
function watch(client: MqttClient, address: string, role: string, logger: Logger): void {
  let isLost = false;
  let cause: string | undefined;
  client.on("error", ({ message }) => {
    cause = message;
  });
  client.on("disconnect", ({ reasonCode }) => {
    cause = `the broker hung up, reason ${reasonCode ?? 0}`;
  });
  client.on("close", () => {
    if (isLost || client.disconnecting) return;
    isLost = true;
    logger.warn(
      `the ${role}'s connection to ${address} is lost; trying again`,
      cause === undefined ? {} : { error: cause },
    );
  });
  client.on("connect", () => {
    if (isLost) logger.info(`the ${role} is connected to ${address} again`);
    isLost = false;
    cause = undefined;
  });
}

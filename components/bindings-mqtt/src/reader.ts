import { ComponentError, type BindingEvent, type DeliverEvent, type Logger, type Reader } from "@trilby/kit";
import type { IConnackPacket, IPublishPacket, MqttClient } from "mqtt";
import { connected, connectionError, createClient, endClient } from "./connection.ts";
import type { MqttOptions } from "./fields.ts";
import { HandedOutMessages, type HandedOut } from "./handed-out.ts";

export interface RunningReader extends Reader {
  /** Resolves when connected. */
  connected(limitMs: number, signal?: AbortSignal): Promise<void>;
}

/** Connects, subscribes and delivers until it is closed. Rejects only when the broker refuses us. */
export async function startReader(options: MqttOptions, deliver: DeliverEvent, logger: Logger): Promise<RunningReader> {
  const client = await createClient(options, "consumer", logger, mostUnderWay);
  const handedOut = new HandedOutMessages();
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();
  let room = Promise.withResolvers<void>();
  const subscribed = Promise.withResolvers<void>();
  let isSubscribed = false;

  // A refusal is seen by who waits for it, and logged otherwise.
  subscribed.promise.catch(() => {});
  client.on("connect", (connack) => void subscribe(connack));
  client.handleMessage = (packet, done) => void take(packet, done);

  async function subscribe({ sessionPresent }: IConnackPacket): Promise<void> {
    if (!sessionPresent) handedOut.forget();
    if (isSubscribed && sessionPresent) return;
    const { stream } = client;
    while (client.connected && client.stream === stream && !closing.signal.aborted) {
      try {
        await request(client, options);
        isSubscribed = true;
        return subscribed.resolve();
      } catch (error) {
        const failure = new ComponentError(
          connectionError(error).code,
          `cannot subscribe to ${options.topic}: ${(error as Error).message}`,
          { cause: error },
        );
        if (client.connected) logger.error(`${failure.message}; trying again`);
        subscribed.reject(failure);
        await sleep(subscribeAgainMs, closing.signal);
      }
    }
  }

  async function take(packet: IPublishPacket, done: (error?: Error) => void): Promise<void> {
    // What arrives from now on stays with the broker.
    if (closing.signal.aborted) return done(unacknowledged);
    const { entry, isRepeated } = handedOut.take(packet, client.stream);
    if (!isRepeated && underWay.size >= mostUnderWay) await waitForRoom();
    // An error keeps the library from acknowledging the message; it reads on all the same.
    done(unacknowledged);
    if (isRepeated) return entry.isHandled ? acknowledge(entry) : undefined;
    const work = handle(entry).finally(() => {
      underWay.delete(work);
      room.resolve();
    });
    underWay.add(work);
  }

  async function waitForRoom(): Promise<void> {
    // The broker's answers to our signs of life are not read meanwhile.
    const alive = setInterval(() => {
      if (!client.connected) return;
      client.sendPing();
      client.reschedulePing(true);
    }, signOfLifeMs);
    while (underWay.size >= mostUnderWay) {
      room = Promise.withResolvers();
      await room.promise;
    }
    clearInterval(alive);
  }

  /** Until the application takes it. */
  async function handle(entry: HandedOut): Promise<void> {
    const { signal } = closing;
    const { topic } = entry.packet;
    for (let failures = 0; ;) {
      if (signal.aborted) return;
      const error = await attempt(entry);
      if (error === undefined) return;
      if (signal.aborted) return;
      if (ComponentError.is(error) && error.code === "cancelled") {
        await sleep(sameReaderAgainMs, signal);
        continue;
      }
      failures++;
      const isLast = options.backOffMaxRetries >= 0 && failures > options.backOffMaxRetries;
      const pauseMs = isLast ? roundPauseMs : retryPauseMs;
      const reason = error instanceof Error ? error.message : JSON.stringify(error);
      const message = `an event of ${topic} was refused (${reason}); it stays unacknowledged and is delivered again in ${pauseMs / 1000} s`;
      if (isLast) logger.error(message);
      else logger.warn(message);
      if (isLast) failures = 0;
      await sleep(pauseMs, signal);
    }
  }

  /** Undefined: taken. */
  async function attempt(entry: HandedOut): Promise<unknown> {
    try {
      await deliver(eventOf(entry.packet));
    } catch (error) {
      return error ?? new Error("no reason was given");
    }
    entry.isHandled = true;
    acknowledge(entry);
    return undefined;
  }

  function acknowledge(entry: HandedOut): void {
    const { qos, messageId } = entry.packet;
    if (qos === 0) return;
    // By another connection it would be for another message. It comes again, and is acknowledged then.
    if (!client.connected || client.stream !== entry.connection) return;
    handedOut.acknowledged(entry);
    // The library has no other way to acknowledge a message later than it was read.
    const sender = client as unknown as { _sendPacket(packet: object): void };
    sender._sendPacket({ cmd: "puback", messageId, reasonCode: 0 });
  }

  async function close(): Promise<void> {
    closing.abort();
    await Promise.all(underWay);
    await endClient(client);
  }

  try {
    await connected(client, startLimitMs);
    await Promise.race([subscribed.promise, sleep(startLimitMs, closing.signal)]);
  } catch (error) {
    const failure = connectionError(error);
    if (failure.code !== "unavailable") {
      await close();
      throw failure;
    }
    logger.warn(`${failure.message}; reading ${options.topic} begins when it can`);
  }
  let closed: Promise<void> | undefined;
  return {
    connected: (limitMs, signal) => connected(client, limitMs, signal),
    close: () => (closed ??= close()),
  };
}

/** Events that are handled at the same time, or wait for their next attempt. */
const mostUnderWay = 100;
const retryPauseMs = 5_000;
const roundPauseMs = 30_000;
const sameReaderAgainMs = 1_000;
const subscribeAgainMs = 5_000;
const startLimitMs = 10_000;
const signOfLifeMs = 10_000;

const unacknowledged = new Error("not acknowledged yet");

function eventOf({ topic, payload, properties }: IPublishPacket): BindingEvent {
  const contentType = properties?.contentType;
  const data = typeof payload === "string" ? Buffer.from(payload) : payload;
  return { data, metadata: { topic }, ...(contentType !== undefined && { contentType }) };
}

function request(client: MqttClient, { topic, protocolVersion }: MqttOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // MQTT 5: retained messages only when the subscription is new to the broker.
  client.subscribe(topic, { qos: 1, ...(protocolVersion === "5" && { rh: 1 }) }, (error, granted) => {
    const code = granted?.[0]?.qos;
    if (error) reject(error);
    else if (code !== undefined && code >= 128)
      reject(Object.assign(new Error(`the broker refuses it (${code})`), { code: 135 }));
    else resolve();
  });
  return promise;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", wake);
    resolve();
  };
  const timer = setTimeout(wake, ms);
  signal.addEventListener("abort", wake);
  return promise;
}

import type { Logger } from "@trilby/kit";
import { RpcCode, RpcError } from "@trilby/kit/transport";
import { ListTopicSubscriptionsResponse } from "@trilby/proto/runtime";

import type { AppChannel, GrpcAppChannel, HttpAppChannel } from "../../app/channel.ts";
import { bulkSettings, type AppSubscription } from "./app-subscription.ts";

/** The application's list could not be had. */
export class DiscoveryError extends Error {
  /** Whether asking again can help: not when the answer itself is wrong. */
  readonly again: boolean;

  constructor(message: string, again: boolean, cause?: unknown) {
    super(message, { cause });
    this.name = "DiscoveryError";
    this.again = again;
  }
}

/** Asks the application for its subscriptions. Rejects with `DiscoveryError`, also when cancelled. */
export async function discoverSubscriptions(
  channel: AppChannel,
  appId: string,
  logger: Logger,
  signal: AbortSignal,
): Promise<AppSubscription[]> {
  const found =
    channel.kind === "http" ? await askHttp(channel, appId, logger, signal) : await askGrpc(channel, logger, signal);
  const routed = found.filter((subscription) => {
    if (subscription.rules.length > 0) return true;
    logger.warn(`topic ${subscription.topic} has an empty routes. removing from subscriptions list`);
    return false;
  });
  for (const [pubsubName, topics] of Map.groupBy(routed, (each) => each.pubsubName)) {
    logger.info(
      `app is subscribed to the following topics: [[${topics.map(({ topic }) => topic).join(" ")}]] through pubsub=${pubsubName}`,
    );
  }
  return routed;
}

async function askHttp(
  channel: HttpAppChannel,
  appId: string,
  logger: Logger,
  signal: AbortSignal,
): Promise<AppSubscription[]> {
  const answer = await failingAsDiscovery(
    channel.route("GET", "dapr/subscribe").call({
      contentType: "application/json",
      headers: { "dapr-app-id": appId },
      signal,
      timeoutMs: answerTimeoutMs,
      repeatable: true,
    }),
  );
  if (answer.status === 404) {
    logger.debug("user app did not subscribe to any topic");
    return [];
  }
  if (answer.status !== 200) {
    // Dapr asks only once more after a failed connection; a server that starts up slowly deserves the same.
    throw new DiscoveryError(
      `app returned http status code ${answer.status} from subscription endpoint`,
      answer.status >= 500 || answer.status === 429,
    );
  }
  const text = Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.length).toString("utf8");
  if (text.trim() === "") return [];
  const list = parse(text);
  if (list === null) return [];
  if (!Array.isArray(list)) throw wrong("the answer is not an array");
  return list.map((entry, index) => httpSubscription(entry, index));
}

async function askGrpc(channel: GrpcAppChannel, logger: Logger, signal: AbortSignal): Promise<AppSubscription[]> {
  const method = channel.method("/dapr.proto.runtime.v1.AppCallback/ListTopicSubscriptions");
  let answer: Uint8Array;
  try {
    answer = await method.call(new Uint8Array(0), { signal, timeoutMs: answerTimeoutMs });
  } catch (error) {
    if (error instanceof RpcError && error.code === RpcCode.UNIMPLEMENTED) {
      logger.info("pubsub subscriptions: gRPC app does not implement ListTopicSubscriptions");
      return [];
    }
    throw new DiscoveryError(`error getting topic list from app: ${(error as Error).message}`, true, error);
  }
  const { subscriptions } = ListTopicSubscriptionsResponse.decode(answer);
  return subscriptions.map((subscription) => {
    const rules = (subscription.routes?.rules ?? []).map(({ match, path }) => ({ match: match.trim(), path }));
    const byDefault = subscription.routes?.default ?? "";
    if (byDefault !== "" || rules.length === 0) rules.push({ match: "", path: byDefault });
    return {
      type: "PROGRAMMATIC",
      pubsubName: subscription.pubsubName,
      topic: subscription.topic,
      metadata: subscription.metadata,
      rules,
      deadLetterTopic: subscription.deadLetterTopic,
      bulk:
        subscription.bulkSubscribe?.enabled === true
          ? bulkSettings(subscription.bulkSubscribe.maxMessagesCount, subscription.bulkSubscribe.maxAwaitDurationMs)
          : undefined,
      source: "the app's ListTopicSubscriptions",
    };
  });
}

/** An application that is slower is asked again. */
const answerTimeoutMs = 60_000;

function httpSubscription(value: unknown, index: number): AppSubscription {
  const at = `subscription ${index}`;
  const entry = object(value, at);
  const routes =
    entry["routes"] === undefined || entry["routes"] === null ? {} : object(entry["routes"], `${at}: routes`);
  const listed = routes["rules"] ?? [];
  if (!Array.isArray(listed)) throw wrong(`${at}: routes.rules is not an array`);
  const rules = listed.map((each, position) => {
    const rule = object(each, `${at}: routes.rules[${position}]`);
    return { match: string(rule, "match", at).trim(), path: string(rule, "path", at) };
  });
  // `route` is the older form of routes.default.
  const byDefault = string(routes, "default", at) || string(entry, "route", at);
  if (byDefault !== "") rules.push({ match: "", path: byDefault });
  const metadata =
    entry["metadata"] === undefined || entry["metadata"] === null ? {} : object(entry["metadata"], `${at}: metadata`);
  for (const name of Object.keys(metadata)) string(metadata, name, `${at}: metadata`);
  const bulk =
    entry["bulkSubscribe"] === undefined || entry["bulkSubscribe"] === null
      ? {}
      : object(entry["bulkSubscribe"], `${at}: bulkSubscribe`);
  return {
    type: "PROGRAMMATIC",
    pubsubName: string(entry, "pubsubname", at) || string(entry, "pubsubName", at),
    topic: string(entry, "topic", at),
    metadata: metadata as Record<string, string>,
    rules,
    deadLetterTopic: string(entry, "deadLetterTopic", at),
    bulk:
      bulk["enabled"] === true
        ? bulkSettings(number(bulk, "maxMessagesCount", at), number(bulk, "maxAwaitDurationMs", at))
        : undefined,
    source: `the app's answer to GET /dapr/subscribe, entry ${index}`,
  };
}

async function failingAsDiscovery<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw new DiscoveryError(`error getting topic list from app: ${(error as Error).message}`, true, error);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw wrong(`${what} is not an object`);
}

function string(owner: Record<string, unknown>, name: string, what: string): string {
  const value = owner[name];
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  throw wrong(`${what}: ${name} is not a string`);
}

function number(owner: Record<string, unknown>, name: string, what: string): number | undefined {
  const value = owner[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isInteger(value)) return value;
  throw wrong(`${what}: bulkSubscribe.${name} is not an integer`);
}

function wrong(what: string): DiscoveryError {
  return new DiscoveryError(`error getting topics from app: ${what}`, false);
}

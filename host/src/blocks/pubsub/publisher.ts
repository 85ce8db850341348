import { messageTtlMs } from "@trilby/kit";
import type { BulkPublishEntry, BulkPublishFailure, Metadata, PublishRequest } from "@trilby/kit";

import { ApiError } from "../../api/error.ts";
import type { ComponentRegistry, LoadedComponent } from "../../components/registry.ts";
import type { Metrics, OperationMetric } from "../../observability/metrics.ts";
import type { TraceContext } from "../../observability/trace-context.ts";
import { notReady } from "../not-ready.ts";
import { publishInParallel } from "./bulk-publish.ts";
import { envelopeTarget, wrap, type EnvelopeTarget } from "./envelope.ts";
import { publishErrors, type PublishErrors } from "./errors.ts";
import { rawPayload } from "./raw-payload.ts";
import { topicRules, type TopicRules } from "./scopes.ts";

/** The rules of publishing, shared by HTTP, gRPC and dead letters. Everything it throws is an `ApiError`. */
export interface Publisher {
  /** Finds the component and the topic's settings. `metadata` is what the error shows of the request. */
  open(pubsubName: string, topic: string, metadata: Metadata | null): Topic;
  /** The component's own record; undefined when no such component is loaded. */
  find(pubsubName: string): PubSubRecord | undefined;
  /** What to answer when it is not: why it did not start, or that it is not there. */
  missing(pubsubName: string, metadata: Metadata | null): ApiError;
}

export interface PubSubRecord {
  readonly component: LoadedComponent<"pubsub">;
  readonly rules: TopicRules;
  /** What the broker calls a topic of the application. */
  wireTopic(topic: string): string;
}

export interface Topic {
  readonly errors: PublishErrors;
  /** Whether `rawPayload` asks to publish the bytes as they are. */
  isRaw(metadata: Metadata): boolean;
  publish(event: OutgoingEvent): Promise<void>;
  /** Resolves to the entries that failed. Entries ids are unique and not empty. */
  publishBulk(
    entries: readonly BulkPublishEntry[],
    raw: boolean,
    metadata: Metadata,
    trace: TraceContext,
  ): Promise<BulkPublishFailure[]>;
  /** Publishes bytes as they are, without envelope and metrics. */
  forward(request: Omit<PublishRequest, "topic">, signal: AbortSignal): Promise<void>;
}

export interface OutgoingEvent {
  readonly data: Uint8Array;
  readonly contentType: string;
  readonly raw: boolean;
  /** Of the request, and for the component. */
  readonly metadata: Metadata;
  readonly trace: TraceContext;
}

export interface PublisherSettings {
  readonly appId: string;
  readonly namespace: string | undefined;
  readonly registry: ComponentRegistry;
  readonly metrics: Metrics;
}

export function createPublisher(settings: PublisherSettings): Publisher {
  const records = new Map<string, OpenRecord>();

  const find = (name: string): OpenRecord | undefined => {
    const component = settings.registry.get("pubsub", name);
    if (component === undefined) {
      records.delete(name);
      return undefined;
    }
    const known = records.get(name);
    if (known?.component === component) return known;
    const record = openRecord(component, settings);
    records.set(name, record);
    return record;
  };

  const missing: Publisher["missing"] = (pubsubName, metadata) =>
    notReady(settings.registry, "pubsub", pubsubName) ?? publishErrors(pubsubName, settings.appId).notFound(metadata);

  return {
    find,
    missing,
    open(pubsubName, topic, metadata) {
      const record = pubsubName === "" ? undefined : find(pubsubName);
      if (pubsubName === "") throw publishErrors(pubsubName, settings.appId).nameEmpty(metadata);
      if (record === undefined) throw missing(pubsubName, metadata);
      if (topic === "") throw record.errors.topicEmpty(metadata);
      return record.topic(topic, () => settings.registry.get("pubsub", pubsubName) === record.component);
    },
  };
}

interface OpenRecord extends PubSubRecord {
  readonly errors: PublishErrors;
  topic(name: string, isStillThere: () => boolean): Topic;
}

/** What publishing to one topic needs, made at its first event. */
interface TopicSettings {
  readonly envelope: EnvelopeTarget;
  readonly allowed: boolean;
  readonly wireTopic: string;
  readonly single: OperationMetric;
  readonly bulk: OperationMetric;
}

/** Topics that get settings of their own kept; a client that makes up names must not fill the memory. */
const maxTopics = 10_000;

function openRecord(component: LoadedComponent<"pubsub">, settings: PublisherSettings): OpenRecord {
  const { appId, metrics } = settings;
  const { name, instance } = component;
  const rules = topicRules(component.properties, appId);
  const errors = publishErrors(name, appId);
  const topicPrefix = component.namespaced === true ? (settings.namespace ?? "") : "";
  const expiresInBroker = component.features.includes("MESSAGE_TTL");
  const bulkInBroker = component.features.includes("BULK_PUBSUB") && instance.bulkPublish !== undefined;
  const topics = new Map<string, TopicSettings>();

  const settingsOf = (topic: string): TopicSettings => {
    const known = topics.get(topic);
    if (known !== undefined) return known;
    const full = topics.size >= maxTopics;
    const made: TopicSettings = {
      envelope: envelopeTarget(name, topic, appId),
      allowed: rules.mayPublish(topic),
      wireTopic: topicPrefix + topic,
      single: metrics.pubsubEgress(name, full ? "" : topic, false),
      bulk: metrics.pubsubEgress(name, full ? "" : topic, true),
    };
    if (!full) topics.set(topic, made);
    return made;
  };

  /** Dapr takes no notice of a time to live that it cannot read; neither does the component see a changed one. */
  const expiry = (metadata: Metadata): number | undefined => {
    if (expiresInBroker) return undefined;
    try {
      const ttlMs = messageTtlMs(metadata);
      return ttlMs === undefined ? undefined : Date.now() + ttlMs;
    } catch {
      return undefined;
    }
  };

  return {
    component,
    rules,
    errors,
    wireTopic: (topic) => topicPrefix + topic,
    topic(topic, isStillThere) {
      const { envelope, allowed, wireTopic, single, bulk } = settingsOf(topic);
      const check = (): void => {
        if (!isStillThere()) throw errors.vanished(topic);
        if (!allowed) throw errors.forbidden(topic);
      };
      const wrapped = (data: Uint8Array, contentType: string, metadata: Metadata, trace: TraceContext): Uint8Array => {
        try {
          return wrap(envelope, { data, contentType, metadata, trace, expiresAt: expiry(metadata) });
        } catch (error) {
          throw errors.cloudEventUnreadable(error);
        }
      };
      return {
        errors,
        isRaw(metadata) {
          const raw = rawPayload(metadata);
          if (typeof raw === "boolean") return raw;
          throw errors.badMetadata(metadata, raw);
        },
        async publish({ data, contentType, raw, metadata, trace }) {
          const bytes = raw ? data : wrapped(data, contentType, metadata, trace);
          const startedAt = performance.now();
          try {
            check();
            await instance.publish({ topic: wireTopic, data: bytes, metadata });
          } catch (error) {
            single.record(false, startedAt);
            throw isRefusal(error) ? error : errors.failed(topic, error);
          }
          single.record(true, startedAt);
        },
        async publishBulk(entries, raw, metadata, trace) {
          const outgoing = raw
            ? entries
            : entries.map((entry) => ({
                ...entry,
                event: wrapped(entry.event, entry.contentType, entry.metadata, trace),
              }));
          const startedAt = performance.now();
          try {
            check();
            if (outgoing.length === 0) return [];
            const failures = bulkInBroker
              ? await instance.bulkPublish!({ topic: wireTopic, entries: outgoing, metadata })
              : await publishInParallel(instance, wireTopic, outgoing);
            bulk.record(failures.length === 0, startedAt);
            return failures;
          } catch (error) {
            bulk.record(false, startedAt);
            throw isRefusal(error) ? error : errors.failed(topic, error);
          }
        },
        async forward(request, signal) {
          check();
          await instance.publish({ ...request, topic: wireTopic }, { signal });
        },
      };
    },
  };
}

function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError;
}

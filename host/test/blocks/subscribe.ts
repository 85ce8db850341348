import type { AppChannel } from "../../src/app/channel.ts";
import { createAppChannel } from "../../src/app/create-app-channel.ts";
import { createPubSubBlock, type PubSubBlock, type PubSubSettings } from "../../src/blocks/pubsub/block.ts";
import type { AppOptions } from "../../src/options/options.ts";
import type { SubscriptionResource } from "../../src/resources/subscription.ts";
import { recordingLog, recordingMetrics, type RecordingLog, type RecordingMetrics } from "../app/recorders.ts";
import { createBroker, createRegistry, pubsubComponent, type TestBroker, type TestRegistry } from "./broker.ts";

/** A pub/sub block between a broker and a real application, wired as the runtime does it. */
export interface Setting {
  readonly broker: TestBroker;
  readonly registry: TestRegistry;
  readonly block: PubSubBlock;
  readonly channel: AppChannel;
  readonly log: RecordingLog;
  readonly metrics: RecordingMetrics;
  close(): Promise<void>;
}

export interface SettingOptions {
  readonly port: number;
  readonly app?: Partial<AppOptions>;
  readonly declared?: readonly SubscriptionResource[];
  readonly component?: Parameters<typeof pubsubComponent>[2];
  readonly block?: Partial<PubSubSettings>;
  /** Called with the broker before anything starts. */
  readonly prepare?: (broker: TestBroker) => void;
}

export async function openSetting(options: SettingOptions): Promise<Setting> {
  const log = recordingLog();
  const metrics = recordingMetrics();
  const registry = createRegistry();
  const broker = createBroker();
  options.prepare?.(broker);
  const channel = (await createAppChannel(
    {
      port: options.port,
      protocol: "http",
      host: "127.0.0.1",
      token: undefined,
      maxConcurrency: 0,
      health: undefined,
      bindingOptionsTimeoutMs: 1000,
      ...options.app,
    },
    { log, metrics, maxBodyBytes: 100_000, maxHeaderBytes: 4096 },
  ))!;
  const block = createPubSubBlock({
    appId: "app1",
    namespace: "prod-",
    registry,
    channel,
    subscriptions: options.declared ?? [],
    discover: true,
    metrics,
    log,
    ...options.block,
  });
  channel.onHealthy(block.start);
  channel.onUnhealthy(block.stop);
  await registry.add(pubsubComponent("pubsub", broker, options.component));
  await channel.start();
  return {
    broker,
    registry,
    block,
    channel,
    log,
    metrics,
    async close() {
      await channel.stop();
      await block.shutdown();
      channel.close();
    },
  };
}

export function declared(topic: string, options: Partial<SubscriptionResource> = {}): SubscriptionResource {
  return {
    name: `sub-${topic}`,
    apiVersion: "dapr.io/v2alpha1",
    pubsubName: "pubsub",
    topic,
    metadata: {},
    routes: { rules: [], default: `/${topic}` },
    deadLetterTopic: undefined,
    bulkSubscribe: undefined,
    place: { file: "subs.yaml", line: 3, column: 1 },
    ...options,
  };
}

/** A CloudEvent with text, which the handlers of some tests take for the answer they should give. */
export function event(id: string, data: unknown = "SUCCESS"): object {
  return { id, source: "s", type: "t", specversion: "1.0", datacontenttype: "text/plain", data };
}

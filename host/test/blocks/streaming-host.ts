import { createPubSubBlock, type PubSubBlock, type PubSubSettings } from "../../src/blocks/pubsub/block.ts";
import { apiOptions, openApis, type OpenApis } from "../api/open-apis.ts";
import { recordingLog, recordingMetrics, type RecordingLog, type RecordingMetrics } from "../app/recorders.ts";
import { createBroker, createRegistry, pubsubComponent, type TestBroker, type TestRegistry } from "./broker.ts";

/** A host without an app port, between a broker and applications that come by streams. */
export interface StreamingHost extends OpenApis {
  readonly broker: TestBroker;
  readonly registry: TestRegistry;
  readonly block: PubSubBlock;
  readonly log: RecordingLog;
  readonly metrics: RecordingMetrics;
}

export interface StreamingHostOptions extends Partial<PubSubSettings> {
  readonly component?: Parameters<typeof pubsubComponent>[2];
}

export async function openStreamingHost({ component, ...settings }: StreamingHostOptions = {}): Promise<StreamingHost> {
  const log = recordingLog();
  const metrics = recordingMetrics();
  const registry = createRegistry();
  const broker = createBroker();
  const block = createPubSubBlock({
    appId: "app1",
    namespace: "prod-",
    registry,
    channel: undefined,
    subscriptions: [],
    discover: true,
    maxMessageBytes: apiOptions.maxBodyBytes,
    metrics,
    log,
    ...settings,
  });
  await registry.add(pubsubComponent("pubsub", broker, component));
  const apis = await openApis({ blocks: [block] });
  const close = async (): Promise<void> => {
    await block.shutdown(1000);
    await apis.close();
  };
  return { ...apis, broker, registry, block, log, metrics, close };
}

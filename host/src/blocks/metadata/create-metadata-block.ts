import { ActorRuntime_ActorRuntimeStatus, DaprDefinition, PubsubSubscriptionType } from "@trilby/proto/runtime";

import { unaryMethod } from "../../api/grpc/unary-method.ts";
import { mapOrNothing } from "../../api/json/escape.ts";

import type { Block } from "../block.ts";
import { registeredComponents } from "./capabilities.ts";
import { goDuration } from "./go-duration.ts";
import type { MetadataSources } from "./sources.ts";

const api = { group: "metadata", version: "v1" } as const;
/** Keys that apps may set; beyond it new ones are not kept, so that nobody can fill the memory with them. */
const mostKeys = 10_000;
const placement = "placement: disconnected";

/** What the host tells of itself, and pairs that apps and tools add to it. */
export function createMetadataBlock(sources: MetadataSources): Block {
  const added = new Map<string, string>();
  const set = (key: string, value: string): void => {
    if (key !== "" && (added.has(key) || added.size < mostKeys)) added.set(key, value);
  };
  const extended = (): Map<string, string> => new Map([...added, ["daprRuntimeVersion", sources.daprVersion]]);

  return {
    http: [
      {
        methods: ["GET"],
        path: "/v1.0/metadata",
        name: "GetMetadata",
        api,
        public: true,
        handle: (exchange) => exchange.json(200, document(sources, extended())),
      },
      {
        methods: ["PUT"],
        path: "/v1.0/metadata/{key}",
        name: "PutMetadata",
        api,
        public: true,
        async handle(exchange) {
          const body = await exchange.body();
          set(exchange.param(0), Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
          exchange.respond(204);
        },
      },
    ],
    grpc: [
      unaryMethod(DaprDefinition, "getMetadata", api, () => ({
        id: sources.appId,
        activeActorsCount: [],
        registeredComponents: registeredComponents(sources.registry).map(({ capabilities, ...rest }) => ({
          ...rest,
          capabilities: [...capabilities],
        })),
        extendedMetadata: Object.fromEntries(extended()),
        subscriptions: sources.subscriptions().map(({ type, rules, metadata, ...rest }) => ({
          ...rest,
          metadata: { ...metadata },
          rules: { rules: [...rules] },
          type: PubsubSubscriptionType[type],
        })),
        httpEndpoints: [],
        appConnectionProperties: connection(sources),
        runtimeVersion: sources.daprVersion,
        enabledFeatures: [...sources.enabledFeatures],
        actorRuntime: {
          runtimeStatus: ActorRuntime_ActorRuntimeStatus.DISABLED,
          activeActors: [],
          hostReady: false,
          placement,
        },
        workflows: { connectedWorkers: 0 },
        mcpServers: [],
        workflowAccessPolicies: [],
        resiliencies: [],
      })),
      unaryMethod(DaprDefinition, "setMetadata", api, ({ key, value }) => {
        set(key, value);
        return {};
      }),
    ],
  };
}

/** Members in Dapr's order; empty ones are left out. */
function document(sources: MetadataSources, extended: Map<string, string>): unknown {
  const { port, protocol, channelAddress, maxConcurrency, health } = connection(sources);
  const components = registeredComponents(sources.registry).map(({ name, type, version, capabilities }) => ({
    name,
    type,
    version: version || undefined,
    capabilities: orNothing(capabilities),
  }));
  const subscriptions = sources
    .subscriptions()
    .map(({ pubsubName, topic, metadata, rules, deadLetterTopic, type }) => ({
      pubsubname: pubsubName,
      topic,
      metadata: mapOrNothing(metadata),
      rules: orNothing(rules.map(({ match, path }) => ({ match: match || undefined, path: path || undefined }))),
      deadLetterTopic,
      type,
    }));
  return {
    id: sources.appId || undefined,
    runtimeVersion: sources.daprVersion,
    enabledFeatures: orNothing(sources.enabledFeatures),
    components: orNothing(components),
    extended,
    subscriptions: orNothing(subscriptions),
    appConnectionProperties: {
      port: port || undefined,
      protocol: protocol || undefined,
      channelAddress: channelAddress || undefined,
      maxConcurrency: maxConcurrency || undefined,
      health: health && {
        healthCheckPath: health.healthCheckPath || undefined,
        healthProbeInterval: health.healthProbeInterval,
        healthProbeTimeout: health.healthProbeTimeout,
        healthThreshold: health.healthThreshold || undefined,
      },
    },
    actorRuntime: { runtimeStatus: "DISABLED", hostReady: false, placement },
  };
}

function connection({ app }: MetadataSources) {
  const isHttp = app.protocol === "http" || app.protocol === "https" || app.protocol === "h2c";
  return {
    port: app.port ?? 0,
    protocol: app.protocol,
    channelAddress: app.host,
    maxConcurrency: app.maxConcurrency,
    health: app.health && {
      healthCheckPath: isHttp ? app.health.path : "",
      healthProbeInterval: goDuration(app.health.intervalMs),
      healthProbeTimeout: goDuration(app.health.timeoutMs),
      healthThreshold: app.health.threshold,
    },
  };
}

function orNothing<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

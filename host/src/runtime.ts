import type { Logger } from "@trilby/kit";

import { type GrpcApi, openGrpcApi } from "./api/grpc/open.ts";
import { type HttpApi, openHttpApi } from "./api/http/open.ts";
import type { AppChannel } from "./app/channel.ts";
import { createAppChannel } from "./app/create-app-channel.ts";
import { askAppConfiguration } from "./app-configuration.ts";
import { type Blocks, createBlocks } from "./blocks.ts";
import { waitForStart } from "./blocks/wait-for-start.ts";
import { goDuration } from "./blocks/metadata/go-duration.ts";
import { type Components, createComponents } from "./components/components.ts";
import type { GivenComponent } from "./components/given-component.ts";
import type { ComponentRegistry } from "./components/registry.ts";
import { createHealthTargets } from "./health-targets.ts";
import type { Log } from "./observability/log.ts";
import type { Metrics } from "./observability/metrics.ts";
import { openLog } from "./observability/open-log.ts";
import { openMetrics } from "./open-metrics.ts";
import type { MetricsServer } from "./observability/prometheus/server.ts";
import type { HostOptions } from "./options/options.ts";
import { daprVersion } from "./options/version.ts";
import type { Configuration } from "./resources/configuration.ts";
import { type GivenResources, readSettings, type Settings } from "./resources/settings.ts";
import type { SubscriptionResource } from "./resources/subscription.ts";
import { within } from "./within.ts";

export interface RuntimeParts extends GivenResources {
  /** Absent: as the options say. */
  readonly log?: Log;
  /** Components besides those of the resources. */
  readonly components?: readonly GivenComponent[];
  /** Where packages of components are looked for after the resource's own folder. Absent: the working directory. */
  readonly packageRoot?: string;
  /** Subscriptions besides those of the resources. */
  readonly subscriptions?: readonly SubscriptionResource[];
  /** Absent: that of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface Runtime {
  /**
   * Resolves when the APIs listen and every component was started: what `/v1.0/healthz/outbound` tells. Rejects when the
   * host cannot start, and when `stop` came in between; `stop` frees what was opened till then.
   */
  start(): Promise<void>;
  /** Resolves when the app is there too and its subscriptions were started: what `/v1.0/healthz` tells. */
  readonly ready: Promise<void>;
  /** Resolves when the shutdown API was called. Whoever made the runtime then stops it; forced: ends the process. */
  readonly shutdownRequested: Promise<{ readonly force: boolean }>;
  /**
   * Takes nothing new, finishes what is under way, closes; within the options' time limit. Resolves to whether all of it
   * was done by then. Idempotent; does not reject.
   */
  stop(): Promise<boolean>;
  /** Known once `start` has resolved: real ports and paths. */
  readonly addresses: RuntimeAddresses;
  readonly components: ComponentRegistry;
}

export interface RuntimeAddresses {
  readonly http: HttpApi["addresses"];
  readonly grpc: GrpcApi["addresses"];
  readonly public: HttpApi["publicAddress"];
  readonly metricsPort: number | undefined;
}

/** What is open. Filled in the order of the start, closed in the order of the stop. */
interface Parts {
  metrics: Metrics;
  metricsServer: MetricsServer | undefined;
  components: Components;
  channel: AppChannel | undefined;
  blocks: Blocks;
  httpApi: HttpApi;
  grpcApi: GrpcApi;
}

/** The composition root: what is built, in which order it starts and stops. No other file knows the whole. */
export function createRuntime(options: HostOptions, parts: RuntimeParts = {}): Runtime {
  const beganAt = performance.now();
  const { environment = process.env } = parts;
  const log = parts.log ?? openLog(options.log, { appId: options.appId, version: daprVersion });
  const logger = log.scope("dapr.runtime");
  const health = { inbound: createHealthTargets(), outbound: createHealthTargets() };
  const runtimeTarget = health.inbound.add("runtime");
  const appTarget = health.outbound.add("app");
  const stopped = new AbortController();
  const ready = Promise.withResolvers<void>();
  /** The components were started, or will not be. */
  const componentsStarted = Promise.withResolvers<void>();
  stopped.signal.addEventListener("abort", () => componentsStarted.resolve());
  const shutdown = Promise.withResolvers<{ readonly force: boolean }>();
  const open: Partial<Parts> = {};
  let starting: Promise<void> | undefined;
  let stopping: Promise<boolean> | undefined;

  const start = async (): Promise<void> => {
    logger.info("standalone mode configured");
    logger.info(`app id: ${options.appId}`);
    const settings = await readSettings(options, environment, logger, parts);
    await openEverything(settings);
    await open.components?.load(settings.components, parts.components).finally(componentsStarted.resolve);
    stopped.signal.throwIfAborted();
    warnOfScopes(settings.configuration);
    appTarget.ready();
    void serveApp();
  };

  const openEverything = async ({ configuration, subscriptions, unread }: Settings): Promise<void> => {
    const { api: access, apiLogging } = configuration;
    Object.assign(open, await openMetrics(options, configuration.metrics, logger));
    const metrics = open.metrics!;
    const components = (open.components = createComponents({
      ...options,
      socketsFolder: options.componentsSocketsFolder,
      packageRoot: parts.packageRoot,
      denied: configuration.deniedComponents,
      environment,
      logger,
      componentLogger: log.scope("dapr.contrib"),
      logLevel: options.log.level,
      metrics,
    }));
    const channel = (open.channel = await createAppChannel(options.app, { ...options.api, log, metrics }));
    const blocks = (open.blocks = createBlocks({
      options,
      configuration,
      registry: components.registry,
      channel,
      subscriptions: [...(parts.subscriptions ?? []), ...subscriptions],
      unread,
      health,
      requestShutdown: (force) => shutdown.resolve({ force }),
      metrics,
      log,
    }));
    stopped.signal.throwIfAborted();
    const isLogged = options.api.apiLogging ?? apiLogging.enabled;
    const setup = {
      appId: options.appId,
      options: options.api,
      access,
      apiLogging: isLogged ? apiLogging : undefined,
      metrics,
      log,
    };
    // Early: a port in use is found before anything else is started, and health tells what is still starting.
    const all = waitForStart(blocks.all, componentsStarted.promise);
    open.httpApi = await openHttpApi({ ...setup, blocks: all, fallback: blocks.httpFallback });
    open.grpcApi = await openGrpcApi({ ...setup, blocks: all, fallback: blocks.grpcFallback });
    stopped.signal.throwIfAborted();
  };

  const warnOfScopes = ({ secretScopes }: Configuration): void => {
    for (const { storeName } of secretScopes) {
      if (open.components?.registry.get("secretstores", storeName)) continue;
      logger.warn(`Secrets configuration added for '${storeName}', but no matching secret store was found`);
    }
  };

  /** Goes on when `start` has resolved: the app may come much later. */
  const serveApp = async (): Promise<void> => {
    const { channel, blocks } = open;
    if (channel && blocks) {
      channel.onHealthy(once(() => askForConfiguration(channel)));
      channel.onHealthy(blocks.startDelivery);
      channel.onUnhealthy(blocks.stopDelivery);
      runtimeTarget.notReady(`waiting for the app on port ${options.app.port}`);
      await channel.start();
    }
    if (stopped.signal.aborted) return;
    runtimeTarget.ready();
    logger.info(`dapr initialized. Status: Running. Init Elapsed ${Math.round(performance.now() - beganAt)}ms`);
    ready.resolve();
  };

  const askForConfiguration = async (channel: AppChannel): Promise<void> => {
    if (options.disableInitEndpoints.includes("config"))
      logger.warn("Skipping programmatic dapr configuration loading (see the flag disable-init-endpoints)");
    else if (channel.kind === "http") await askAppConfiguration(channel, options.appId, logger, stopped.signal);
  };

  const stop = async (): Promise<boolean> => {
    if (open.channel && options.blockShutdownMs !== undefined)
      await blockShutdown(options.blockShutdownMs, open.channel, open.blocks, logger);
    stopped.abort(new Error("the host is stopping"));
    runtimeTarget.notReady("the host is stopping");
    logger.info("Dapr is shutting down");
    const limitMs = options.gracefulShutdownSeconds * 1000;
    const closed = close(performance.now() + limitMs);
    const inTime = (await within(limitMs, closed)) && (await closed);
    if (inTime) logger.info("Dapr runtime stopped");
    else logger.error("Graceful shutdown timeout exceeded, forcing shutdown");
    await log.flush();
    return inTime;
  };

  /** Each step gets most of the time that is left, so that the next one has some. Resolves to whether none was cut off. */
  const close = async (deadline: number): Promise<boolean> => {
    let isWhole = true;
    const step = async (share: number, work: (timeoutMs: number) => Promise<unknown> | undefined): Promise<void> => {
      const timeoutMs = Math.floor(Math.max(0, deadline - performance.now()) * share);
      const beganAt = performance.now();
      const isDone = await within(timeoutMs, Promise.resolve(work(timeoutMs)));
      // Work that was given the time takes all of it when it has to cut something off. Timers may be a moment early.
      if (!isDone || performance.now() - beganAt >= timeoutMs - 2) isWhole = false;
    };
    // What is being delivered may still call the APIs and the components, what is being asked the components. The two stop
    // together: the channel's end waits for those who follow the app's health, and an app that does not answer holds them up.
    await step(0.9, (timeoutMs) => Promise.all([open.channel?.stop(), open.blocks?.shutdown(timeoutMs)]));
    await step(0.8, (timeoutMs) => {
      const lastCallsMs = Math.min(10_000, timeoutMs);
      return Promise.all([open.httpApi?.close(lastCallsMs), open.grpcApi?.close(lastCallsMs)]);
    });
    await step(0.9, (timeoutMs) => open.components?.close(timeoutMs));
    open.channel?.close();
    await open.metricsServer?.close();
    await starting?.catch(() => {});
    return isWhole;
  };

  return {
    start: () => (starting ??= start()),
    stop: () => (stopping ??= stop()),
    ready: ready.promise,
    shutdownRequested: shutdown.promise,
    get addresses() {
      const { httpApi, grpcApi, metricsServer } = opened(open);
      return {
        http: httpApi.addresses,
        grpc: grpcApi.addresses,
        public: httpApi.publicAddress,
        metricsPort: metricsServer?.port,
      };
    },
    get components() {
      return opened(open).components.registry;
    },
  };
}

/** How long deliveries under way may take when the shutdown is blocked. */
const drainMs = 30_000;

/** Keeps the APIs up and delivers nothing more, until the time is over or the app is unhealthy. */
async function blockShutdown(
  durationMs: number,
  channel: AppChannel,
  blocks: Blocks | undefined,
  logger: Logger,
): Promise<void> {
  logger.info(`Blocking graceful shutdown for ${goDuration(durationMs)} or until app reports unhealthy...`);
  await blocks?.shutdown(drainMs);
  const unhealthy = Promise.withResolvers<void>();
  channel.onUnhealthy(() => unhealthy.resolve());
  if (!channel.healthy) unhealthy.resolve();
  const isUnhealthy = await within(durationMs, unhealthy.promise);
  logger.info(
    isUnhealthy
      ? "App reported unhealthy, entering shutdown..."
      : "Block shutdown period expired, entering shutdown...",
  );
}

function opened(open: Partial<Parts>): Parts {
  if (open.grpcApi === undefined) throw new Error("the runtime has not started");
  return open as Parts;
}

/** The work of the first call alone. */
function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}

import { setTimeout as delay } from "node:timers/promises";
import type { Kind, Logger } from "@trilby/kit";

import { type ComponentResource, logName } from "../resources/component.ts";
import { formatPlace } from "../resources/place.ts";
import { causeText, ComponentStartError, startFailure } from "./component-start-error.ts";
import { kindOf } from "./component-type.ts";
import { describeProperties, openerSettings, withConsumer } from "./component-properties.ts";
import type { ComponentsSettings } from "./components.ts";
import type { GivenComponent } from "./given-component.ts";
import type { LiveRegistry } from "./live-registry.ts";
import { namedLogger } from "./named-logger.ts";
import type { InstalledPackages } from "./packages/installed-packages.ts";
import type { Opener, OpenerSettings } from "./placements/backing.ts";
import { inProcess } from "./placements/in-process.ts";
import { chooseOpener } from "./placements/choose-opener.ts";
import type { ComponentHealth, LoadedComponent } from "./registry.ts";
import { neededSecretStore, resolveMetadata } from "./resolve-metadata.ts";
import { createBackoff } from "./supervision/backoff.ts";
import { SupervisedComponent } from "./supervision/supervised-component.ts";

export interface LoadingSettings extends ComponentsSettings {
  readonly registry: LiveRegistry;
  readonly packages: InstalledPackages;
  /** A component became ready: in its first start, or late. */
  readonly onReady: (component: LoadingComponent, late: boolean) => Promise<void>;
}

type Placed = { readonly placement: ComponentHealth["placement"]; readonly open: Opener };

/** One component on its way from its resource to the registry, and back at the end. */
export class LoadingComponent {
  readonly resource: ComponentResource;
  readonly kind: Kind;
  /** The secret store that must be there first. */
  waitsFor: string | undefined;
  readonly #given: GivenComponent | undefined;
  readonly #settings: LoadingSettings;
  readonly #logger: Logger;
  readonly #closing = new AbortController();
  #placement: ComponentHealth["placement"] = "in-process";
  #failure: { readonly message: string; readonly nextRetry: number | undefined } | undefined;
  #supervised: SupervisedComponent<Kind> | undefined;
  #loaded: LoadedComponent | undefined;
  #started = false;
  #retrying: Promise<void> = Promise.resolve();

  constructor(resource: ComponentResource, settings: LoadingSettings, given?: GivenComponent) {
    this.resource = resource;
    this.kind = kindOf(resource.type);
    this.#given = given;
    this.#settings = settings;
    this.#logger = namedLogger(settings.componentLogger, resource.name);
    settings.registry.expect({ kind: this.kind, name: resource.name }, () => this.#health());
  }

  /** Whether a secret store that it needs is not there yet; then it is started when that one is. */
  park(declaredStores: ReadonlySet<string>): boolean {
    const needed = neededSecretStore(this.resource);
    const { registry, logger } = this.#settings;
    if (needed === undefined || registry.get("secretstores", needed) !== undefined) return false;
    this.waitsFor = needed;
    if (needed === "")
      this.#waitInVain("its metadata has a secretKeyRef, but auth.secretStore does not say which store");
    else if (!declaredStores.has(needed))
      this.#waitInVain(`it needs the secret store ${needed}, which no resource declares for this app`);
    else logger.warn(`Component ${this.resource.name} references a secret store that isn't loaded: ${needed}`);
    return true;
  }

  /** Rejects with `ComponentStartError` when it fails and must not. Starting twice does nothing. */
  async start(): Promise<void> {
    if (this.#started || this.#closing.signal.aborted) return;
    this.#started = true;
    this.waitsFor = undefined;
    try {
      await this.#attempt();
    } catch (error) {
      if (!this.resource.ignoreErrors) {
        const message = causeText(this.resource, error);
        this.#failure = { message, nextRetry: undefined };
        this.#settings.logger.error(`Failed to init component ${logName(this.resource)}: ${message}`);
        throw new ComponentStartError(this.resource, error);
      }
      this.#retrying = this.#retry(error);
      return;
    }
    await this.#settings.onReady(this, false);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#loaded) {
      this.#settings.logger.info(`Shutting down component ${logName(this.resource)}`);
      await this.#settings.registry.remove(this.#loaded);
    }
    await this.#supervised?.close();
    await this.#retrying;
  }

  async #attempt(): Promise<void> {
    const { resource, kind } = this;
    const { registry, logger, metrics } = this.#settings;
    let reason: "creation" | "init" = "init";
    try {
      const properties = await this.#properties();
      reason = "creation";
      const { placement, open } = await this.#place(openerSettings(resource, kind, properties));
      reason = "init";
      this.#placement = placement;
      const supervised = new SupervisedComponent<Kind>({
        name: resource.name,
        kind,
        open,
        mayBeLost: placement !== "in-process",
        // Knocking at a socket is cheap, starting a process that falls over is not.
        longestPauseMs: placement === "socket" ? 500 : 5000,
        logger: this.#logger,
      });
      const { instance, features } = await this.#unlessClosing(supervised);
      const { name, type, version } = resource;
      this.#loaded = { name, kind, type, version, instance, features, ...describeProperties(resource, properties) };
      await registry.add(this.#loaded);
      this.#failure = undefined;
      metrics.componentInit(type);
      logger.info(`Component loaded: ${logName(resource)}`);
    } catch (error) {
      metrics.componentInitFailed(resource.type, reason, resource.name);
      if (this.#loaded) await registry.remove(this.#loaded);
      this.#loaded = undefined;
      await this.#supervised?.close();
      this.#supervised = undefined;
      throw error;
    }
  }

  async #unlessClosing(supervised: SupervisedComponent<Kind>) {
    this.#supervised = supervised;
    if (this.#closing.signal.aborted) throw new Error("the host is stopping");
    return supervised.open();
  }

  /** Until it works or the host stops: first after a second, then rarer. */
  async #retry(first: unknown): Promise<void> {
    const { resource } = this;
    const { signal } = this.#closing;
    const backoff = createBackoff({ firstMs: 1000, mostMs: 30_000, stableMs: 0 });
    backoff.nextDelayMs();
    for (let error = first; ;) {
      const delayMs = backoff.nextDelayMs();
      this.#failure = { message: causeText(resource, error), nextRetry: Date.now() + delayMs };
      this.#settings.logger.error(
        `Ignoring error processing component: process component ${resource.name} error: ${startFailure(resource, error)}; it is tried again in ${delayMs / 1000}s`,
      );
      await delay(delayMs, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      try {
        await this.#attempt();
        return await this.#settings.onReady(this, true);
      } catch (next) {
        error = next;
      }
    }
  }

  #properties(): Promise<Readonly<Record<string, string>>> {
    if (this.#given)
      return Promise.resolve(withConsumer(this.kind, this.#given.properties ?? {}, this.#settings.appId));
    const { appId, namespace, envKeys, environment, registry } = this.#settings;
    const sources = {
      appId,
      namespace,
      envKeys,
      environment,
      podName: environment["POD_NAME"],
      secretStore: (name: string) => registry.get("secretstores", name)?.instance,
    };
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(this.resource.initTimeoutMs)]);
    return resolveMetadata(this.resource, sources, signal).then((properties) =>
      withConsumer(this.kind, properties, appId),
    );
  }

  #place(settings: OpenerSettings): Promise<Placed> {
    const given = this.#given;
    if (!given)
      return chooseOpener(this.resource, this.kind, settings, { ...this.#settings, componentLogger: this.#logger });
    const open = inProcess(() => Promise.resolve(given.definition), settings, this.#logger);
    return Promise.resolve({ placement: "in-process", open });
  }

  #waitInVain(message: string): void {
    this.#failure = { message, nextRetry: undefined };
    const place = formatPlace(this.resource.place);
    this.#settings.logger.error(
      `${place}: component ${logName(this.resource)} is not loaded: ${message}; correct auth.secretStore, or add the store`,
    );
  }

  #health(): ComponentHealth {
    const { name, type, version, place } = this.resource;
    const supervised = this.#loaded ? this.#supervised : undefined;
    const failure = this.#failure;
    const waiting = this.waitsFor === undefined ? undefined : `it waits for the secret store ${this.waitsFor}`;
    return {
      name,
      kind: this.kind,
      type,
      version,
      placement: this.#placement,
      source: place.file === "" ? "code" : `${place.file}:${place.line}`,
      state: supervised?.state ?? (failure ? "failed" : "starting"),
      lastError: supervised ? supervised.lastError : (failure?.message ?? waiting),
      nextRetry: supervised ? supervised.nextRetry : failure?.nextRetry,
    };
  }
}

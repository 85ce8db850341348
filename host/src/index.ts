export type { GivenComponent } from "./components/given-component.ts";
export type { ComponentHealth, ComponentRegistry, ComponentState, LoadedComponent } from "./components/registry.ts";
export type { Log, LogFields } from "./observability/log.ts";
export { FlagError, type FlagValues, parseFlags } from "./options/flag-values.ts";
export { OptionsError, readHostOptions, type ReadOptions } from "./options/host-options.ts";
export type { ApiOptions, AppOptions, HostOptions, LogLevel } from "./options/options.ts";
export { createRuntime, type Runtime, type RuntimeAddresses, type RuntimeParts } from "./runtime.ts";
export type { ResourceText } from "./resources/load.ts";
export type { SubscriptionResource } from "./resources/subscription.ts";

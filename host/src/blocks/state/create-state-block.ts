import type { ComponentRegistry } from "../../components/registry.ts";
import type { Metrics } from "../../observability/metrics.ts";
import type { Block } from "../block.ts";
import { stateMethods } from "./grpc.ts";
import { stateRoutes } from "./http.ts";
import { createStateStores } from "./stores.ts";

export function createStateBlock(setup: {
  readonly registry: ComponentRegistry;
  readonly metrics: Metrics;
  readonly appId: string;
  readonly namespace: string | undefined;
}): Block {
  const stores = createStateStores(setup);
  return { http: stateRoutes(stores, setup.appId), grpc: stateMethods(stores) };
}

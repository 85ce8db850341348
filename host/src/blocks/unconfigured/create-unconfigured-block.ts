import type { Block } from "../block.ts";
import { unconfiguredMethods } from "./grpc.ts";
import { unconfiguredRoutes } from "./http.ts";

export { proxyRefusal } from "./grpc.ts";
export { invokeRoute } from "./invoke.ts";

/**
 * Blocks that this version lacks answer as Dapr answers when nothing is configured for them: configuration, lock, crypto,
 * actors, workflows, jobs, conversation and invocation.
 */
export function createUnconfiguredBlock(identity: {
  readonly appId: string;
  readonly namespace: string | undefined;
}): Block {
  const job = { appId: identity.appId, namespace: identity.namespace ?? "default" };
  return { http: unconfiguredRoutes(job), grpc: unconfiguredMethods(job) };
}

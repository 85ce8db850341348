import { RpcCode, RpcError, type StreamHandler } from "@trilby/kit/transport";
import { DaprDefinition } from "@trilby/proto/runtime";

import { ApiError } from "../../api/error.ts";
import type { GrpcMethod } from "../../api/grpc/method.ts";
import { decodeRequest } from "../../api/grpc/unary-method.ts";
import type { ApiName } from "../../api/name.ts";
import { noConversation, unconfigured } from "./answers.ts";
import { jobProblem, noScheduler, type JobIdentity } from "./jobs.ts";

type MethodKey = keyof typeof DaprDefinition.methods;

/** The rpcs of blocks that nothing is configured for. */
export function unconfiguredMethods(identity: JobIdentity): GrpcMethod[] {
  const refuse = (block: Parameters<typeof unconfigured>[0]) => (): ApiError => unconfigured(block);
  const job =
    (verb: Parameters<typeof noScheduler>[0]) =>
    (request: any): ApiError =>
      (verb === "schedule" ? jobProblem(request.job, identity) : undefined) ?? noScheduler(verb, identity);
  const converse = (request: any): ApiError => noConversation(request.name);

  return [
    ...refused({ group: "invoke", version: "v1" }, ["invokeService"], refuse("invoke")),
    ...refused(
      { group: "configuration", version: "v1" },
      ["getConfiguration", "subscribeConfiguration", "unsubscribeConfiguration"],
      refuse("configuration"),
    ),
    ...refused(
      { group: "configuration", version: "v1alpha1" },
      ["getConfigurationAlpha1", "subscribeConfigurationAlpha1", "unsubscribeConfigurationAlpha1"],
      refuse("configuration"),
    ),
    ...refused({ group: "lock", version: "v1alpha1" }, ["tryLockAlpha1"], refuse("lock")),
    ...refused({ group: "unlock", version: "v1alpha1" }, ["unlockAlpha1"], refuse("lock")),
    ...refused({ group: "crypto", version: "v1alpha1" }, ["encryptAlpha1", "decryptAlpha1"], refuse("crypto")),
    ...refused(
      { group: "subtlecrypto", version: "v1alpha1" },
      [
        "subtleGetKeyAlpha1",
        "subtleEncryptAlpha1",
        "subtleDecryptAlpha1",
        "subtleWrapKeyAlpha1",
        "subtleUnwrapKeyAlpha1",
        "subtleSignAlpha1",
        "subtleVerifyAlpha1",
      ],
      refuse("subtleCrypto"),
    ),
    ...refused(
      { group: "actors", version: "v1" },
      [
        "registerActorTimer",
        "unregisterActorTimer",
        "registerActorReminder",
        "unregisterActorReminder",
        "unregisterActorRemindersByType",
        "listActorReminders",
        "getActorReminder",
        "getActorState",
        "executeActorStateTransaction",
        "invokeActor",
      ],
      refuse("actors"),
    ),
    ...refused({ group: "actors", version: "v1alpha1" }, ["subscribeActorEventsAlpha1"], refuse("actors")),
    ...refused(
      { group: "workflows", version: "v1alpha1" },
      [
        "startWorkflowAlpha1",
        "getWorkflowAlpha1",
        "purgeWorkflowAlpha1",
        "terminateWorkflowAlpha1",
        "pauseWorkflowAlpha1",
        "resumeWorkflowAlpha1",
        "raiseEventWorkflowAlpha1",
      ],
      refuse("actors"),
    ),
    ...refused(
      { group: "workflows", version: "v1beta1" },
      [
        "startWorkflowBeta1",
        "getWorkflowBeta1",
        "purgeWorkflowBeta1",
        "terminateWorkflowBeta1",
        "pauseWorkflowBeta1",
        "resumeWorkflowBeta1",
        "raiseEventWorkflowBeta1",
      ],
      refuse("actors"),
    ),
    ...jobs("v1", ["scheduleJob", "getJob", "deleteJob", "deleteJobsByPrefix", "listJobs"], job),
    ...jobs(
      "v1alpha1",
      ["scheduleJobAlpha1", "getJobAlpha1", "deleteJobAlpha1", "deleteJobsByPrefixAlpha1", "listJobsAlpha1"],
      job,
    ),
    ...refused({ group: "conversation", version: "v1alpha1" }, ["converseAlpha1"], converse),
    ...refused({ group: "conversation", version: "v1alpha2" }, ["converseAlpha2"], converse),
  ];
}

/** Proxying, which takes every method that no block has. */
export const proxyRefusal: StreamHandler = (_, call) => {
  const target = call.header("dapr-callee-app-id") ?? call.header("dapr-app-id");
  const problem =
    target === undefined
      ? "required metadata dapr-callee-app-id or dapr-app-id not found"
      : "proxy not initialized. daprd startup may be incomplete";
  return Promise.reject(new RpcError(RpcCode.UNKNOWN, `failed to proxy request: ${problem}`));
};

function jobs(
  version: ApiName["version"],
  keys: readonly [schedule: MethodKey, get: MethodKey, remove: MethodKey, removeMany: MethodKey, list: MethodKey],
  answer: (verb: "schedule" | "get" | "delete" | "list") => (request: any) => ApiError,
): GrpcMethod[] {
  const verbs = ["schedule", "get", "delete", "delete", "list"] as const;
  return keys.flatMap((key, index) => refused({ group: "jobs", version }, [key], answer(verbs[index]!)));
}

function refused(api: ApiName, keys: readonly MethodKey[], answer: (request: unknown) => ApiError): GrpcMethod[] {
  return keys.map((key): GrpcMethod => {
    const { name, requestType, requestStream, responseStream } = DaprDefinition.methods[key];
    const path = `/${DaprDefinition.fullName}/${name}`;
    if (requestStream || responseStream) return { path, api, stream: () => Promise.reject(answer({})) };
    return {
      path,
      api,
      unary(bytes) {
        throw answer(decodeRequest(requestType, bytes));
      },
    };
  });
}

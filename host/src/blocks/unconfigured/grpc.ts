import { RpcCode, RpcError, type StreamHandler } from "@trilby/kit/transport";
import { DaprDefinition } from "@trilby/proto/runtime";

import { ApiError } from "../../api/error.ts";
import type { GrpcMethod } from "../../api/grpc/method.ts";
import { decodeRequest, unaryMethod } from "../../api/grpc/unary-method.ts";
import type { ApiName } from "../../api/name.ts";
import { badFirstMessage, noConversation, noExpiry, noSuchApp, unconfigured } from "./answers.ts";
import { jobProblem, noScheduler, type JobIdentity } from "./jobs.ts";

type Methods = typeof DaprDefinition.methods;
type Request<M extends keyof Methods> = Methods[M]["requestType"] extends { decode(bytes: Uint8Array): infer R }
  ? R
  : never;

/** The rpcs of blocks that nothing is configured for. */
export function unconfiguredMethods(identity: JobIdentity): GrpcMethod[] {
  return [
    refuse(["invokeService"], "invoke.v1", ({ id }) => noSuchApp(id)),
    ...configuration(),
    refuse(["tryLockAlpha1"], "lock.v1alpha1", ({ expiryInSeconds, storeName }) =>
      expiryInSeconds > 0 ? unconfigured("lock") : noExpiry(storeName),
    ),
    refuse(["unlockAlpha1"], "unlock.v1alpha1", () => unconfigured("lock")),
    refuse(["encryptAlpha1", "decryptAlpha1"], "crypto.v1alpha1", ({ options }) =>
      options === undefined ? badFirstMessage("crypto") : unconfigured("crypto"),
    ),
    refuse(subtleCrypto, "subtlecrypto.v1alpha1", () => unconfigured("subtleCrypto")),
    refuse(actors, "actors.v1", () => unconfigured("actors")),
    refuse(["subscribeActorEventsAlpha1"], "actors.v1alpha1", ({ requestType }) =>
      requestType?.$case === "initialRequest" ? unconfigured("actors") : badFirstMessage("actorEvents"),
    ),
    refuse(workflowsAlpha1, "workflows.v1alpha1", () => unconfigured("actors")),
    refuse(workflowsBeta1, "workflows.v1beta1", () => unconfigured("actors")),
    ...jobs(identity),
    refuse(["converseAlpha1"], "conversation.v1alpha1", ({ name }) => noConversation(name)),
    refuse(["converseAlpha2"], "conversation.v1alpha2", ({ name }) => noConversation(name)),
  ].flat();
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

const subtleCrypto = [
  "subtleGetKeyAlpha1",
  "subtleEncryptAlpha1",
  "subtleDecryptAlpha1",
  "subtleWrapKeyAlpha1",
  "subtleUnwrapKeyAlpha1",
  "subtleSignAlpha1",
  "subtleVerifyAlpha1",
] as const;

const actors = [
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
] as const;

const workflowsAlpha1 = [
  "startWorkflowAlpha1",
  "getWorkflowAlpha1",
  "purgeWorkflowAlpha1",
  "terminateWorkflowAlpha1",
  "pauseWorkflowAlpha1",
  "resumeWorkflowAlpha1",
  "raiseEventWorkflowAlpha1",
] as const;

const workflowsBeta1 = [
  "startWorkflowBeta1",
  "getWorkflowBeta1",
  "purgeWorkflowBeta1",
  "terminateWorkflowBeta1",
  "pauseWorkflowBeta1",
  "resumeWorkflowBeta1",
  "raiseEventWorkflowBeta1",
] as const;

function configuration(): GrpcMethod[] {
  // Over gRPC the code travels as a detail.
  const { grpcCode, httpStatus, errorCode, message } = unconfigured("configuration");
  const details = [{ kind: "error-info", reason: errorCode, metadata: null }] as const;
  const answer = (): ApiError => new ApiError({ grpcCode, httpStatus, errorCode, message, details });
  const none = ({ id }: { readonly id: string }): { ok: boolean; message: string } => ({
    ok: false,
    message: `failed to unsubscribe to configuration request ${id}: subscription does not exist`,
  });
  return [
    ...refuse(["getConfiguration", "subscribeConfiguration"], "configuration.v1", answer),
    ...refuse(["getConfigurationAlpha1", "subscribeConfigurationAlpha1"], "configuration.v1alpha1", answer),
    unaryMethod(DaprDefinition, "unsubscribeConfiguration", { group: "configuration", version: "v1" }, none),
    unaryMethod(
      DaprDefinition,
      "unsubscribeConfigurationAlpha1",
      { group: "configuration", version: "v1alpha1" },
      none,
    ),
  ];
}

function jobs(identity: JobIdentity): GrpcMethod[] {
  const schedule = ({ job }: Request<"scheduleJob">): ApiError =>
    jobProblem(job, identity) ?? noScheduler("schedule", identity);
  return [
    ...refuse(["scheduleJob"], "jobs.v1", schedule),
    ...refuse(["scheduleJobAlpha1"], "jobs.v1alpha1", schedule),
    ...refuse(["getJob"], "jobs.v1", () => noScheduler("get", identity)),
    ...refuse(["getJobAlpha1"], "jobs.v1alpha1", () => noScheduler("get", identity)),
    ...refuse(["deleteJob", "deleteJobsByPrefix"], "jobs.v1", () => noScheduler("delete", identity)),
    ...refuse(["deleteJobAlpha1", "deleteJobsByPrefixAlpha1"], "jobs.v1alpha1", () => noScheduler("delete", identity)),
    ...refuse(["listJobs"], "jobs.v1", () => noScheduler("list", identity)),
    ...refuse(["listJobsAlpha1"], "jobs.v1alpha1", () => noScheduler("list", identity)),
  ];
}

/** Methods that answer nothing but an error; a stream's is told by its first message. `api` is group and version. */
function refuse<M extends keyof Methods>(
  methods: readonly M[],
  api: `${string}.${ApiName["version"]}`,
  answer: (request: Request<M>) => ApiError,
): GrpcMethod[] {
  const [group, version] = api.split(".") as [string, ApiName["version"]];
  return methods.map((key): GrpcMethod => {
    const { name, requestStream, responseStream } = DaprDefinition.methods[key];
    const requestType = DaprDefinition.methods[key].requestType as unknown as { decode(bytes: Uint8Array): Request<M> };
    const shared = { path: `/${DaprDefinition.fullName}/${name}`, api: { group, version } };
    if (requestStream || responseStream) {
      return {
        ...shared,
        async stream(stream) {
          for await (const bytes of stream.messages) throw answer(decodeRequest(requestType, bytes));
        },
      };
    }
    return {
      ...shared,
      unary(bytes) {
        throw answer(decodeRequest(requestType, bytes));
      },
    };
  });
}

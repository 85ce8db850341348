import type { ApiError } from "../../api/error.ts";
import { jobError } from "./answers.ts";

/** What errors of jobs tell of the host. */
export interface JobIdentity {
  readonly appId: string;
  readonly namespace: string;
}

/** Dapr waits half a minute for a scheduler before it gives up; nobody who has none wants that. */
export function noScheduler(verb: "schedule" | "get" | "delete" | "list", identity: JobIdentity): ApiError {
  const reason = {
    schedule: "DAPR_SCHEDULER_SCHEDULE_JOB",
    get: "DAPR_SCHEDULER_GET_JOB",
    delete: "DAPR_SCHEDULER_DELETE_JOB",
    list: "DAPR_SCHEDULER_LIST_JOBS",
  }[verb];
  const what = verb === "list" ? "list jobs" : `${verb} job`;
  return jobError(reason, `failed to ${what} due to: no scheduler is configured`, metadata(identity));
}

/** What is wrong with a job as HTTP sends it. */
export function jobBodyProblem(job: Readonly<Record<string, unknown>>, identity: JobIdentity): ApiError | undefined {
  if (job["name"])
    return jobError("DAPR_SCHEDULER_JOB_NAME", "Set the job name in the url only", { appID: identity.appId });
  return scheduleProblem((job["schedule"] ?? job["dueTime"] ?? job["due_time"] ?? null) !== null, identity);
}

/** What is wrong with a job as gRPC sends it. */
export function jobProblem(
  job:
    | { readonly name: string; readonly schedule?: string | undefined; readonly dueTime?: string | undefined }
    | undefined,
  identity: JobIdentity,
): ApiError | undefined {
  if (job === undefined) return empty("DAPR_SCHEDULER_EMPTY", "Job", identity);
  if (job.name === "") return empty("DAPR_SCHEDULER_JOB_NAME_EMPTY", "Name", identity);
  return scheduleProblem(job.schedule !== undefined || job.dueTime !== undefined, identity);
}

function scheduleProblem(hasTime: boolean, identity: JobIdentity): ApiError | undefined {
  return hasTime ? undefined : empty("DAPR_SCHEDULER_SCHEDULE_EMPTY", "Schedule", identity);
}

function empty(reason: string, what: string, identity: JobIdentity): ApiError {
  return jobError(reason, `${what} is empty`, metadata(identity));
}

function metadata({ appId, namespace }: JobIdentity): Record<string, string> {
  return { appID: appId, namespace };
}

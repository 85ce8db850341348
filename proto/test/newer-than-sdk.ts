// Dapr 1.18 has what its JavaScript SDK of that version has not caught up with. Whatever is listed here is held to
// the table in field-numbers.test.ts instead. Whatever the SDK learns has to be taken off these lists: a test sees to it.
import type { DescMessage } from "@bufbuild/protobuf";
import type { PlainMessage } from "./full-messages.ts";
import type { OfficialMessage } from "./official-message.ts";

const runtime = (...names: string[]): string[] => names.map((name) => `dapr.proto.runtime.v1.${name}`);

/** Of these it has no class at all. */
export const newerMessages: readonly string[] = runtime(
  // Hosting actors over a stream
  "SubscribeActorEventsRequestAlpha1",
  "SubscribeActorEventsRequestInitialAlpha1",
  "SubscribeActorEventsRequestInvokeResponseAlpha1",
  "SubscribeActorEventsRequestReminderResponseAlpha1",
  "SubscribeActorEventsRequestDeactivateResponseAlpha1",
  "SubscribeActorEventsRequestFailedAlpha1",
  "SubscribeActorEventsResponseAlpha1",
  "SubscribeActorEventsResponseInitialAlpha1",
  "SubscribeActorEventsResponseInvokeRequestAlpha1",
  "SubscribeActorEventsResponseReminderRequestAlpha1",
  "SubscribeActorEventsResponseTimerRequestAlpha1",
  "SubscribeActorEventsResponseDeactivateRequestAlpha1",
  "ActorEntityConfig",
  "ActorReentrancyConfig",
  // Jobs under their stable names
  "DeleteJobsByPrefixRequest",
  "DeleteJobsByPrefixResponse",
  "ListJobsRequest",
  "ListJobsResponse",
  // Additions to the metadata
  "MetadataMCPServer",
  "MetadataResiliency",
  "MetadataWorkflowAccessPolicy",
);

/** This one it has, but in a file that cannot be used: it wants a class that is not there. */
export const unusableMessages: readonly string[] = runtime("ListJobsResponseAlpha1");

/** Methods that neither of its generations has, with their kind and types. */
export const newerMethods: Record<string, string> = {
  "Dapr/SubscribeActorEventsAlpha1":
    "stream SubscribeActorEventsRequestAlpha1 -> stream SubscribeActorEventsResponseAlpha1",
  "Dapr/ScheduleJob": "ScheduleJobRequest -> ScheduleJobResponse",
  "Dapr/GetJob": "GetJobRequest -> GetJobResponse",
  "Dapr/DeleteJob": "DeleteJobRequest -> DeleteJobResponse",
  "Dapr/DeleteJobsByPrefix": "DeleteJobsByPrefixRequest -> DeleteJobsByPrefixResponse",
  "Dapr/ListJobs": "ListJobsRequest -> ListJobsResponse",
  "AppCallback/OnJobEvent": "JobEventRequest -> JobEventResponse",
};

/** Of these its classes lack some fields. */
export const newerFields: Record<OfficialMessage["generation"], Record<string, readonly string[]>> = {
  "google-protobuf": {
    "dapr.proto.runtime.v1.GetMetadataResponse": ["mcp_servers", "workflow_access_policies", "resiliencies"],
  },
  "protobuf-es": {
    "dapr.proto.runtime.v1.ConversationRequestAlpha2": ["response_format", "prompt_cache_retention"],
    "dapr.proto.runtime.v1.ConversationResultAlpha2": ["model", "usage"],
    "dapr.proto.runtime.v1.GetMetadataResponse": ["mcp_servers", "workflow_access_policies", "resiliencies"],
    "dapr.proto.runtime.v1.RegisterActorReminderRequest": ["overwrite", "failure_policy"],
  },
};

/** The message as that generation can carry it. */
export function withoutNewerFields(
  description: DescMessage,
  message: PlainMessage,
  generation: OfficialMessage["generation"],
): PlainMessage {
  const kept = { ...message };
  for (const field of description.fields) {
    if (newerFields[generation][description.typeName]?.includes(field.name)) {
      kept[field.localName] = field.fieldKind === "list" ? [] : undefined;
    } else if (field.message !== undefined && field.fieldKind === "list") {
      const items = kept[field.localName] as PlainMessage[];
      kept[field.localName] = items.map((item) => withoutNewerFields(field.message, item, generation));
    }
  }
  return kept;
}

/** The `category` label of an error code, by how the code begins; the first that fits. */
const categories: readonly (readonly [start: string, category: string])[] = [
  ["ERR_ACTOR_", "actor"],
  ["ERR_WORKFLOW_", "workflow"],
  ["ERR_INSTANCE_ID_", "workflow"],
  ["ERR_STATE_", "state"],
  ["ERR_NOT_SUPPORTED_STATE_OPERATION", "state"],
  ["ERR_CONFIGURATION_", "configuration"],
  ["ERR_CRYPTO", "crypto"],
  ["ERR_SECRET_", "secret"],
  ["ERR_PERMISSION_DENIED", "secret"],
  ["ERR_PUBSUB_", "pubsub"],
  ["ERR_TOPIC_NAME_EMPTY", "pubsub"],
  ["ERR_PUBLISH_OUTBOX", "pubsub"],
  ["ERR_CONVERSATION_", "conversation"],
  ["ERR_DIRECT_INVOKE", "service-invocation"],
  ["ERR_INVOKE_OUTPUT_BINDING", "binding"],
  ["ERR_LOCK_", "lock"],
  ["ERR_TRY_LOCK", "lock"],
  ["ERR_UNLOCK", "lock"],
  ["ERR_HEALTH_", "health"],
  ["ERR_OUTBOUND_HEALTH_", "health"],
  ["DAPR_SCHEDULER_", "job"],
  ["DAPR_STATE_", "state"],
  ["DAPR_PUBSUB_", "pubsub"],
];

export function errorCategory(code: string, reason?: string): string {
  if (code === "ERR_MALFORMED_REQUEST" && reason !== undefined) return errorCategory(reason);
  if (/^ERR_(GET|START|PAUSE|RESUME|TERMINATE|PURGE|RAISE_EVENT)_WORKFLOW$/.test(code)) return "workflow";
  return categories.find(([start]) => code.startsWith(start))?.[1] ?? "common";
}

// Field numbers and methods written down once more, apart from the .proto files: for what no published package of ours
// to compare with describes (components, and what is newer than the SDK), and for the gRPC and Google files.
//   message: "number name: type; ..."   with `optional`, `repeated`, `map key value`, or `oneof?` before the type
//   enum:    "number NAME; ..."
//   service: "Method: Request -> Response; ..."   with `stream`
const reflection = {
  ServerReflectionRequest:
    "1 host: string; 3 file_by_filename: message_request? string; 4 file_containing_symbol: message_request? string; 5 file_containing_extension: message_request? ExtensionRequest; 6 all_extension_numbers_of_type: message_request? string; 7 list_services: message_request? string",
  ExtensionRequest: "1 containing_type: string; 2 extension_number: int32",
  ServerReflectionResponse:
    "1 valid_host: string; 2 original_request: ServerReflectionRequest; 4 file_descriptor_response: message_response? FileDescriptorResponse; 5 all_extension_numbers_response: message_response? ExtensionNumberResponse; 6 list_services_response: message_response? ListServiceResponse; 7 error_response: message_response? ErrorResponse",
  FileDescriptorResponse: "1 file_descriptor_proto: repeated bytes",
  ExtensionNumberResponse: "1 base_type_name: string; 2 extension_number: repeated int32",
  ListServiceResponse: "1 service: repeated ServiceResponse",
  ServiceResponse: "1 name: string",
  ErrorResponse: "1 error_code: int32; 2 error_message: string",
  ServerReflection: "ServerReflectionInfo: stream ServerReflectionRequest -> stream ServerReflectionResponse",
};

export const fieldNumbers: Record<string, Record<string, string>> = {
  "dapr.proto.components.v1": {
    ListOperationsRequest: "",
    ListOperationsResponse: "1 operations: repeated string",
    InputBindingInitRequest: "1 metadata: MetadataRequest",
    InputBindingInitResponse: "",
    OutputBindingInitRequest: "1 metadata: MetadataRequest",
    OutputBindingInitResponse: "",
    AckResponseError: "1 message: string",
    ReadRequest: "1 response_data: bytes; 2 message_id: string; 3 response_error: AckResponseError",
    ReadResponse: "1 data: bytes; 2 metadata: map string string; 3 content_type: string; 4 message_id: string",
    InvokeRequest: "1 data: bytes; 2 metadata: map string string; 3 operation: string",
    InvokeResponse: "1 data: bytes; 2 metadata: map string string; 3 content_type: string",
    InputBinding:
      "Init: InputBindingInitRequest -> InputBindingInitResponse; Read: stream ReadRequest -> stream ReadResponse; Ping: PingRequest -> PingResponse",
    OutputBinding:
      "Init: OutputBindingInitRequest -> OutputBindingInitResponse; Invoke: InvokeRequest -> InvokeResponse; ListOperations: ListOperationsRequest -> ListOperationsResponse; Ping: PingRequest -> PingResponse",
    MetadataRequest: "1 properties: map string string",
    FeaturesRequest: "",
    FeaturesResponse: "1 features: repeated string",
    PingRequest: "",
    PingResponse: "",
    AckMessageError: "1 message: string",
    PullMessagesRequest: "1 topic: Topic; 2 ack_message_id: string; 3 ack_error: AckMessageError",
    PubSubInitRequest: "1 metadata: MetadataRequest",
    PubSubInitResponse: "",
    PublishRequest:
      "1 data: bytes; 2 pubsub_name: string; 3 topic: string; 4 metadata: map string string; 5 content_type: string",
    BulkPublishRequest:
      "1 entries: repeated BulkMessageEntry; 2 pubsub_name: string; 3 topic: string; 4 metadata: map string string",
    BulkMessageEntry: "1 entry_id: string; 2 event: bytes; 3 content_type: string; 4 metadata: map string string",
    BulkPublishResponse: "1 failed_entries: repeated BulkPublishResponseFailedEntry",
    BulkPublishResponseFailedEntry: "1 entry_id: string; 2 error: string",
    PublishResponse: "",
    Topic: "1 name: string; 2 metadata: map string string",
    PullMessagesResponse:
      "1 data: bytes; 2 topic_name: string; 3 metadata: map string string; 4 content_type: string; 5 id: string",
    PauseRequest: "",
    PauseResponse: "",
    ResumeRequest: "",
    ResumeResponse: "",
    PubSub:
      "Init: PubSubInitRequest -> PubSubInitResponse; Features: FeaturesRequest -> FeaturesResponse; Publish: PublishRequest -> PublishResponse; BulkPublish: BulkPublishRequest -> BulkPublishResponse; PullMessages: stream PullMessagesRequest -> stream PullMessagesResponse; Pause: PauseRequest -> PauseResponse; Resume: ResumeRequest -> ResumeResponse; Ping: PingRequest -> PingResponse",
    SecretStoreInitRequest: "1 metadata: MetadataRequest",
    SecretStoreInitResponse: "",
    GetSecretRequest: "1 key: string; 2 metadata: map string string",
    GetSecretResponse: "1 data: map string string",
    BulkGetSecretRequest: "1 metadata: map string string",
    SecretResponse: "1 secrets: map string string",
    BulkGetSecretResponse: "1 data: map string SecretResponse",
    SecretStore:
      "Init: SecretStoreInitRequest -> SecretStoreInitResponse; Features: FeaturesRequest -> FeaturesResponse; Get: GetSecretRequest -> GetSecretResponse; BulkGet: BulkGetSecretRequest -> BulkGetSecretResponse; Ping: PingRequest -> PingResponse",
    Sorting: "1 key: string; 2 order: Sorting.Order",
    "Sorting.Order": "0 ASC; 1 DESC",
    Pagination: "1 limit: int64; 2 token: string",
    Query: "1 filter: map string google.protobuf.Any; 2 sort: repeated Sorting; 3 pagination: Pagination",
    QueryRequest: "1 query: Query; 2 metadata: map string string",
    QueryItem: "1 key: string; 2 data: bytes; 3 etag: Etag; 4 error: string; 5 content_type: string",
    QueryResponse: "1 items: repeated QueryItem; 2 token: string; 3 metadata: map string string",
    TransactionalStateOperation: "1 delete: request? DeleteRequest; 2 set: request? SetRequest",
    TransactionalStateRequest: "1 operations: repeated TransactionalStateOperation; 2 metadata: map string string",
    TransactionalStateResponse: "",
    Etag: "1 value: string",
    StateOptions: "1 concurrency: StateOptions.StateConcurrency; 2 consistency: StateOptions.StateConsistency",
    "StateOptions.StateConcurrency": "0 CONCURRENCY_UNSPECIFIED; 1 CONCURRENCY_FIRST_WRITE; 2 CONCURRENCY_LAST_WRITE",
    "StateOptions.StateConsistency": "0 CONSISTENCY_UNSPECIFIED; 1 CONSISTENCY_EVENTUAL; 2 CONSISTENCY_STRONG",
    InitRequest: "1 metadata: MetadataRequest",
    InitResponse: "",
    GetRequest: "1 key: string; 2 metadata: map string string; 3 consistency: StateOptions.StateConsistency",
    GetResponse: "1 data: bytes; 2 etag: Etag; 3 metadata: map string string; 4 content_type: string",
    DeleteRequest: "1 key: string; 2 etag: Etag; 3 metadata: map string string; 4 options: StateOptions",
    DeleteResponse: "",
    SetRequest:
      "1 key: string; 2 value: bytes; 3 etag: Etag; 4 metadata: map string string; 5 options: StateOptions; 6 content_type: string",
    SetResponse: "",
    BulkDeleteRequestOptions: "1 parallelism: int64",
    BulkDeleteRequest: "1 items: repeated DeleteRequest; 2 options: BulkDeleteRequestOptions",
    BulkDeleteResponse: "",
    BulkGetRequestOptions: "1 parallelism: int64",
    BulkGetRequest: "1 items: repeated GetRequest; 2 options: BulkGetRequestOptions",
    BulkStateItem:
      "1 key: string; 2 data: bytes; 3 etag: Etag; 4 error: string; 5 metadata: map string string; 6 content_type: string",
    BulkGetResponse: "1 items: repeated BulkStateItem",
    BulkSetRequestOptions: "1 parallelism: int64",
    BulkSetRequest: "1 items: repeated SetRequest; 2 options: BulkSetRequestOptions",
    BulkSetResponse: "",
    MultiMaxSizeRequest: "",
    MultiMaxSizeResponse: "1 max_size: int64",
    QueriableStateStore: "Query: QueryRequest -> QueryResponse",
    TransactionalStateStore: "Transact: TransactionalStateRequest -> TransactionalStateResponse",
    StateStore:
      "Init: InitRequest -> InitResponse; Features: FeaturesRequest -> FeaturesResponse; Delete: DeleteRequest -> DeleteResponse; Get: GetRequest -> GetResponse; Set: SetRequest -> SetResponse; Ping: PingRequest -> PingResponse; BulkDelete: BulkDeleteRequest -> BulkDeleteResponse; BulkGet: BulkGetRequest -> BulkGetResponse; BulkSet: BulkSetRequest -> BulkSetResponse",
    TransactionalStoreMultiMaxSize: "MultiMaxSize: MultiMaxSizeRequest -> MultiMaxSizeResponse",
  },
  "dapr.proto.runtime.v1": {
    RegisterActorReminderRequest:
      "1 actor_type: string; 2 actor_id: string; 3 name: string; 4 due_time: string; 5 period: string; 6 data: bytes; 7 ttl: string; 8 overwrite: optional bool; 9 failure_policy: optional dapr.proto.common.v1.JobFailurePolicy",
    SubscribeActorEventsRequestAlpha1:
      "1 initial_request: request_type? SubscribeActorEventsRequestInitialAlpha1; 2 invoke_response: request_type? SubscribeActorEventsRequestInvokeResponseAlpha1; 3 reminder_response: request_type? SubscribeActorEventsRequestReminderResponseAlpha1; 4 timer_response: request_type? SubscribeActorEventsRequestReminderResponseAlpha1; 5 deactivate_response: request_type? SubscribeActorEventsRequestDeactivateResponseAlpha1; 6 request_failed: request_type? SubscribeActorEventsRequestFailedAlpha1",
    SubscribeActorEventsRequestInitialAlpha1:
      "1 entities: repeated string; 2 actor_idle_timeout: optional google.protobuf.Duration; 3 drain_ongoing_call_timeout: optional google.protobuf.Duration; 4 drain_rebalanced_actors: optional bool; 5 reentrancy: optional ActorReentrancyConfig; 6 entities_config: repeated ActorEntityConfig",
    SubscribeActorEventsRequestInvokeResponseAlpha1:
      "1 id: string; 2 data: bytes; 3 metadata: map string string; 4 error: bool",
    SubscribeActorEventsRequestReminderResponseAlpha1: "1 id: string; 2 cancel: bool",
    SubscribeActorEventsRequestDeactivateResponseAlpha1: "1 id: string",
    SubscribeActorEventsRequestFailedAlpha1: "1 id: string; 2 code: uint32; 3 message: string",
    SubscribeActorEventsResponseAlpha1:
      "1 initial_response: response_type? SubscribeActorEventsResponseInitialAlpha1; 2 invoke_request: response_type? SubscribeActorEventsResponseInvokeRequestAlpha1; 3 reminder_request: response_type? SubscribeActorEventsResponseReminderRequestAlpha1; 4 timer_request: response_type? SubscribeActorEventsResponseTimerRequestAlpha1; 5 deactivate_request: response_type? SubscribeActorEventsResponseDeactivateRequestAlpha1",
    SubscribeActorEventsResponseInitialAlpha1: "",
    SubscribeActorEventsResponseInvokeRequestAlpha1:
      "1 id: string; 2 actor_type: string; 3 actor_id: string; 4 method: string; 5 data: bytes; 6 metadata: map string string",
    SubscribeActorEventsResponseReminderRequestAlpha1:
      "1 id: string; 2 actor_type: string; 3 actor_id: string; 4 name: string; 5 due_time: string; 6 period: string; 7 data: google.protobuf.Any",
    SubscribeActorEventsResponseTimerRequestAlpha1:
      "1 id: string; 2 actor_type: string; 3 actor_id: string; 4 name: string; 5 due_time: string; 6 period: string; 7 callback: string; 8 data: google.protobuf.Any",
    SubscribeActorEventsResponseDeactivateRequestAlpha1: "1 id: string; 2 actor_type: string; 3 actor_id: string",
    ActorEntityConfig:
      "1 entities: repeated string; 2 actor_idle_timeout: optional google.protobuf.Duration; 3 drain_ongoing_call_timeout: optional google.protobuf.Duration; 4 drain_rebalanced_actors: optional bool; 5 reentrancy: optional ActorReentrancyConfig",
    ActorReentrancyConfig: "1 enabled: bool; 2 max_stack_depth: optional int32",
    ConversationRequestAlpha2:
      "1 name: string; 2 context_id: optional string; 3 inputs: repeated ConversationInputAlpha2; 4 parameters: map string google.protobuf.Any; 5 metadata: map string string; 6 scrub_pii: optional bool; 7 temperature: optional double; 8 tools: repeated ConversationTools; 9 tool_choice: optional string; 10 response_format: optional google.protobuf.Struct; 11 prompt_cache_retention: optional google.protobuf.Duration",
    ConversationResultAlpha2:
      "1 choices: repeated ConversationResultChoices; 2 model: optional string; 3 usage: optional ConversationResultAlpha2CompletionUsage",
    DeleteJobsByPrefixRequest: "1 name_prefix: optional string",
    DeleteJobsByPrefixResponse: "",
    ListJobsResponseAlpha1: "1 jobs: repeated Job",
    ListJobsRequest: "",
    ListJobsResponse: "1 jobs: repeated Job",
    GetMetadataResponse:
      "1 id: string; 2 active_actors_count: repeated ActiveActorsCount; 3 registered_components: repeated RegisteredComponents; 4 extended_metadata: map string string; 5 subscriptions: repeated PubsubSubscription; 6 http_endpoints: repeated MetadataHTTPEndpoint; 7 app_connection_properties: AppConnectionProperties; 8 runtime_version: string; 9 enabled_features: repeated string; 10 actor_runtime: ActorRuntime; 11 scheduler: optional MetadataScheduler; 12 workflows: optional MetadataWorkflows; 13 mcp_servers: repeated MetadataMCPServer; 14 workflow_access_policies: repeated MetadataWorkflowAccessPolicy; 15 resiliencies: repeated MetadataResiliency",
    MetadataMCPServer: "1 name: string",
    MetadataWorkflowAccessPolicy: "1 name: string",
    MetadataResiliency: "1 name: string",
  },
  "google.rpc": {
    ErrorInfo: "1 reason: string; 2 domain: string; 3 metadata: map string string",
    RetryInfo: "1 retry_delay: google.protobuf.Duration",
    DebugInfo: "1 stack_entries: repeated string; 2 detail: string",
    QuotaFailure: "1 violations: repeated QuotaFailure.Violation",
    "QuotaFailure.Violation":
      "1 subject: string; 2 description: string; 3 api_service: string; 4 quota_metric: string; 5 quota_id: string; 6 quota_dimensions: map string string; 7 quota_value: int64; 8 future_quota_value: optional int64",
    PreconditionFailure: "1 violations: repeated PreconditionFailure.Violation",
    "PreconditionFailure.Violation": "1 type: string; 2 subject: string; 3 description: string",
    BadRequest: "1 field_violations: repeated BadRequest.FieldViolation",
    "BadRequest.FieldViolation":
      "1 field: string; 2 description: string; 3 reason: string; 4 localized_message: LocalizedMessage",
    RequestInfo: "1 request_id: string; 2 serving_data: string",
    ResourceInfo: "1 resource_type: string; 2 resource_name: string; 3 owner: string; 4 description: string",
    Help: "1 links: repeated Help.Link",
    "Help.Link": "1 description: string; 2 url: string",
    LocalizedMessage: "1 locale: string; 2 message: string",
    Status: "1 code: int32; 2 message: string; 3 details: repeated google.protobuf.Any",
  },
  "grpc.health.v1": {
    HealthCheckRequest: "1 service: string",
    HealthCheckResponse: "1 status: HealthCheckResponse.ServingStatus",
    "HealthCheckResponse.ServingStatus": "0 UNKNOWN; 1 SERVING; 2 NOT_SERVING; 3 SERVICE_UNKNOWN",
    HealthListRequest: "",
    HealthListResponse: "1 statuses: map string HealthCheckResponse",
    Health:
      "Check: HealthCheckRequest -> HealthCheckResponse; List: HealthListRequest -> HealthListResponse; Watch: HealthCheckRequest -> stream HealthCheckResponse",
  },
  "grpc.reflection.v1": reflection,
  "grpc.reflection.v1alpha": reflection,
};

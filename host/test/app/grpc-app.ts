import { createServer, RpcCode, RpcError, type RpcServer, type ServerCall } from "@trilby/kit/transport";
import {
  BindingEventRequest,
  BindingEventResponse,
  ListInputBindingsResponse,
  ListTopicSubscriptionsResponse,
  TopicEventBulkRequest,
  TopicEventBulkResponse,
  TopicEventRequest,
  TopicEventResponse,
} from "@trilby/proto/runtime";

export interface GrpcHandlers {
  subscriptions?: () => Parameters<typeof ListTopicSubscriptionsResponse.fromPartial>[0];
  topicEvent?: (event: TopicEventRequest, call: ServerCall) => { status: number } | Promise<{ status: number }>;
  /** Raw bytes in place of an answer. */
  topicEventBytes?: () => Uint8Array;
  bulkTopicEvent?: BulkHandler;
  /** The same under its older name. */
  bulkTopicEventAlpha1?: BulkHandler;
  inputBindings?: () => string[];
  bindingEvent?: (
    event: BindingEventRequest,
    call: ServerCall,
  ) => Partial<BindingEventResponse> | Promise<Partial<BindingEventResponse>>;
  health?: () => void;
}

type BulkHandler = (
  request: TopicEventBulkRequest,
) => { entryId: string; status: number }[] | Promise<{ entryId: string; status: number }[]>;

/** A real application over gRPC: it serves AppCallback and records what comes. */
export interface GrpcApp {
  readonly port: number;
  readonly on: GrpcHandlers;
  readonly events: {
    readonly event: TopicEventRequest;
    readonly metadata: Readonly<Record<string, string | Uint8Array>>;
  }[];
  readonly bulks: {
    readonly method: string;
    readonly request: TopicEventBulkRequest;
    readonly metadata: Readonly<Record<string, string | Uint8Array>>;
  }[];
  readonly bindings: {
    readonly event: BindingEventRequest;
    readonly metadata: Readonly<Record<string, string | Uint8Array>>;
  }[];
  close(): Promise<void>;
}

export async function startGrpcApp(handlers: GrpcHandlers = {}, port = 0): Promise<GrpcApp> {
  const server: RpcServer = await createServer();
  const events: GrpcApp["events"] = [];
  const bulks: GrpcApp["bulks"] = [];
  const bindings: GrpcApp["bindings"] = [];
  const unimplemented = (): never => {
    throw new RpcError(RpcCode.UNIMPLEMENTED, "not here");
  };
  const service = "/dapr.proto.runtime.v1.AppCallback";
  server.unary(`${service}/ListTopicSubscriptions`, () =>
    ListTopicSubscriptionsResponse.encode(
      ListTopicSubscriptionsResponse.fromPartial((handlers.subscriptions ?? unimplemented)()),
    ).finish(),
  );
  server.unary(`${service}/OnTopicEvent`, async (bytes, call) => {
    const event = TopicEventRequest.decode(bytes);
    events.push({ event, metadata: Object.fromEntries(call.metadata) });
    if (handlers.topicEventBytes !== undefined) return handlers.topicEventBytes();
    return TopicEventResponse.encode(
      (await (handlers.topicEvent ?? unimplemented)(event, call)) as TopicEventResponse,
    ).finish();
  });
  const bulk = (path: string, handler: "bulkTopicEvent" | "bulkTopicEventAlpha1"): void =>
    server.unary(path, async (bytes, call) => {
      const request = TopicEventBulkRequest.decode(bytes);
      bulks.push({ method: path.split("/")[2]!, request, metadata: Object.fromEntries(call.metadata) });
      const statuses = await (handlers[handler] ?? unimplemented)(request);
      return TopicEventBulkResponse.encode({ statuses: statuses as TopicEventBulkResponse["statuses"] }).finish();
    });
  bulk(`${service}/OnBulkTopicEvent`, "bulkTopicEvent");
  bulk(`${service}Alpha/OnBulkTopicEventAlpha1`, "bulkTopicEventAlpha1");
  server.unary(`${service}/ListInputBindings`, () =>
    ListInputBindingsResponse.encode({ bindings: (handlers.inputBindings ?? unimplemented)() }).finish(),
  );
  server.unary(`${service}/OnBindingEvent`, async (bytes, call) => {
    const event = BindingEventRequest.decode(bytes);
    bindings.push({ event, metadata: Object.fromEntries(call.metadata) });
    return BindingEventResponse.encode(
      BindingEventResponse.fromPartial(await (handlers.bindingEvent ?? unimplemented)(event, call)),
    ).finish();
  });
  server.unary("/dapr.proto.runtime.v1.AppCallbackHealthCheck/HealthCheck", () => {
    (handlers.health ?? unimplemented)();
    return new Uint8Array(0);
  });
  const address = await server.listen({ host: "127.0.0.1", port });
  return {
    port: (address as { port: number }).port,
    on: handlers,
    events,
    bulks,
    bindings,
    close: () => server.close(100),
  };
}

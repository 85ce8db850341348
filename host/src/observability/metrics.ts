/**
 * Dapr's metrics. Handles are made once, at load or registration, and are cheap to record on; nothing is looked up by
 * label text on the way of a request.
 */
export interface Metrics {
  /** Operations on components: `dapr_component_<family>_count` and `_latencies`. */
  componentOperation(
    family: "state" | "secret" | "output_binding" | "configuration" | "crypto",
    component: string,
    operation: string,
  ): OperationMetric;
  inputBinding(component: string): OperationMetric;
  pubsubEgress(component: string, topic: string, bulk: boolean): OperationMetric;
  pubsubIngress(
    component: string,
    topic: string,
  ): {
    record(processStatus: "success" | "retry" | "drop", startedAt: number): void;
  };
  /** Of subscriptions that deliver in batches: each call, and what became of each event in it. */
  pubsubBulkIngress(
    component: string,
    topic: string,
  ): {
    call(startedAt: number): void;
    record(processStatus: "success" | "retry" | "drop", startedAt: number): void;
  };
  /** The app as a peer over HTTP: what its calls cost. */
  appCall(
    method: string,
    path: string,
  ): { record(status: string, startedAt: number, sentBytes: number, receivedBytes: number): void };
  /** The same over gRPC; `method` is the full one, `status` a code's name in Go, for example `NotFound`. */
  appRpc(method: string): { record(status: string, startedAt: number, sentBytes: number, receivedBytes: number): void };
  appHealthProbe(): { record(status: string, startedAt: number): void };
  /** Requests to the HTTP API. `path` as it came, without query. */
  httpServer(): {
    record(
      method: string,
      path: string,
      status: number,
      startedAt: number,
      requestBytes: number,
      responseBytes: number,
    ): void;
  };
  /** Calls of the gRPC API. */
  grpcServer(): {
    record(method: string, code: number, startedAt: number, receivedBytes: number, sentBytes: number): void;
  };
  componentLoaded(): void;
  componentInit(type: string): void;
  componentInitFailed(type: string, reason: "creation" | "init", name: string): void;
  /** `reason` of the error's details, when there is one: some codes are shared. */
  errorCode(code: string, reason?: string): void;
  /** The whole page in Prometheus' text format. */
  render(): Promise<string>;
}

export interface OperationMetric {
  /** `startedAt` is `performance.now()` at the start. */
  record(success: boolean, startedAt: number): void;
}

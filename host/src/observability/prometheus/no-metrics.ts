import type { Metrics } from "../metrics.ts";

const nothing = (): void => {};
const recorder = { record: nothing };

/** Metrics that are switched off: nothing is counted. */
export const noMetrics: Metrics = {
  componentOperation: () => recorder,
  inputBinding: () => recorder,
  pubsubEgress: () => recorder,
  pubsubIngress: () => recorder,
  pubsubBulkIngress: () => ({ ...recorder, call: nothing }),
  appCall: () => recorder,
  appRpc: () => recorder,
  appHealthProbe: () => recorder,
  httpServer: () => recorder,
  grpcServer: () => recorder,
  componentLoaded: nothing,
  componentInit: nothing,
  componentInitFailed: nothing,
  errorCode: nothing,
  render: () => Promise.resolve(""),
};

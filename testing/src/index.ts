export type { App, AppPorts, AppToStart } from "./app.ts";
export type { RecordedLine } from "./recorded-log.ts";
export {
  createTestHost,
  type HostMetadata,
  type PublishOptions,
  type TestHost,
  type TestHostSetup,
} from "./test-host.ts";

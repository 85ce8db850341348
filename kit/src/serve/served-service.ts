import type { ServiceDefinition } from "@trilby/proto";

/** A gRPC service that a process answers, for reflection and health. */
export interface ServedService {
  readonly definition: ServiceDefinition;
  /** Asked at each listing: some services depend on the instances that are open. */
  listed(): boolean;
}

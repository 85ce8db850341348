import type { MethodDefinition, ServiceDefinition } from "@trilby/proto";

/** Request header with `metadata.name` of the component that a call is meant for; on every call but reflection and health. */
export const instanceHeader = "x-component-instance";

/**
 * Response header of Init and of streams, from components that are served by this kit. It promises two things that Dapr's
 * protocol leaves open: headers of a stream are sent when its source accepted the subscription, and messages that are sent
 * side by side on one stream have no order among them, so they may be handled side by side.
 */
export const kitHeader = "trilby-kit";

/**
 * Member of a subscription's metadata, between two ends of this kit: how many messages of one ordered unit may be under way.
 * Where it is present, the id of a message ends in its turn.
 */
export const aheadKey = "trilby-ahead";

/** Trailer of FAILED_PRECONDITION when the instance was never opened in this process: Init again, and the call can succeed. */
export const notInitialisedTrailer = "trilby-not-initialised";

export function methodPath(service: ServiceDefinition, method: MethodDefinition): string {
  return `/${service.fullName}/${method.name}`;
}

import { deliveryMutants } from "./delivery.ts";
import { faultMutants } from "./faults.ts";
import { featureMutants } from "./features.ts";
import { hostileMutants } from "./hostile.ts";
import type { PubSubMutant } from "./reference.ts";

export const pubSubMutants: readonly PubSubMutant[] = [
  ...deliveryMutants,
  ...featureMutants,
  ...hostileMutants,
  ...faultMutants,
];

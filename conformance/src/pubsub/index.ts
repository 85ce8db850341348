import { deliveryCases } from "./delivery.ts";
import { faultCases } from "./faults.ts";
import { featureCases } from "./features.ts";
import { figureCases } from "./figures.ts";
import { hostileCases } from "./hostile.ts";
import type { PubSubCase } from "./inbox.ts";
import { subscriptionCases } from "./subscriptions.ts";
import { wireCases } from "./wire.ts";

export const pubSubCases: readonly PubSubCase[] = [
  ...deliveryCases,
  ...subscriptionCases,
  ...featureCases,
  ...hostileCases,
  ...wireCases,
  ...faultCases,
  ...figureCases,
];

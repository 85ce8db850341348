import { basicMutants } from "./basic.ts";
import { bulkMutants } from "./bulk.ts";
import { etagMutants } from "./etag.ts";
import { keyMutants } from "./keys.ts";
import { queryMutants } from "./query.ts";
import { raceMutants } from "./races.ts";
import type { StateMutant } from "./reference.ts";
import { surroundingMutants } from "./surroundings.ts";
import { transactionMutants } from "./transaction.ts";
import { ttlMutants } from "./ttl.ts";
import { undeclaredMutants } from "./undeclared.ts";
import { valueMutants } from "./values.ts";

export const stateMutants: readonly StateMutant[] = [
  ...basicMutants,
  ...bulkMutants,
  ...etagMutants,
  ...raceMutants,
  ...transactionMutants,
  ...ttlMutants,
  ...queryMutants,
  ...undeclaredMutants,
  ...keyMutants,
  ...valueMutants,
  ...surroundingMutants,
];

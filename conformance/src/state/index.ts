import { basicCases } from "./basic.ts";
import { bulkCases } from "./bulk.ts";
import { bulkEtagCases } from "./bulk-etag.ts";
import { concurrencyCases } from "./concurrency.ts";
import { etagCases } from "./etag.ts";
import { faultCases } from "./faults.ts";
import { figureCases } from "./figures.ts";
import { firstWriteCases } from "./first-write.ts";
import { hostileKeyCases } from "./hostile-keys.ts";
import { hostileMetadataCases } from "./hostile-metadata.ts";
import { hostileValueCases } from "./hostile-values.ts";
import { lifetimeCases } from "./lifetime.ts";
import { queryCases } from "./query.ts";
import type { StateCase } from "./requests.ts";
import { transactionCases } from "./transaction.ts";
import { ttlCases } from "./ttl.ts";
import { undeclaredCases } from "./undeclared.ts";
import { wireCases } from "./wire.ts";

export const stateCases: readonly StateCase[] = [
  ...basicCases,
  ...bulkCases,
  ...etagCases,
  ...bulkEtagCases,
  ...firstWriteCases,
  ...transactionCases,
  ...ttlCases,
  ...queryCases,
  ...undeclaredCases,
  ...concurrencyCases,
  ...lifetimeCases,
  ...hostileKeyCases,
  ...hostileValueCases,
  ...hostileMetadataCases,
  ...wireCases,
  ...faultCases,
  ...figureCases,
];

import { protocolCases } from "../wire/protocol.ts";
import { figureCases } from "./figures.ts";
import { hostileCases } from "./hostile.ts";
import { readingCases } from "./reading.ts";
import type { SecretStoreCase } from "./secret-store.ts";
import { wireCases } from "./wire.ts";

export const secretStoreCases: readonly SecretStoreCase[] = [
  ...readingCases,
  ...hostileCases,
  ...protocolCases("secretstores", "secretstores"),
  ...wireCases,
  ...figureCases,
];

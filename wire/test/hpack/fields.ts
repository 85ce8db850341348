import * as fc from "fast-check";
import { staticFields } from "../../src/http2/hpack/static-table.ts";

const names = [
  ":path",
  "content-type",
  "grpc-timeout",
  "traceparent",
  "dapr-api-token",
  "authorization",
  "x-custom",
  "x-custom-bin",
];
const nameCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-_.~!#$%&'*+^`|";
const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...names) },
  fc.string({ unit: fc.constantFrom(...nameCharacters.split("")), minLength: 1, maxLength: 40 }),
);
const valueUnit = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789-/=, ".split("")) },
  fc
    .integer({ min: 1, max: 255 })
    .filter((code) => code !== 10 && code !== 13)
    .map((code) => String.fromCharCode(code)),
);
const value = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("", "1", "application/grpc", "/dapr.proto.runtime.v1.Dapr/GetState", "60S") },
  { weight: 3, arbitrary: fc.string({ unit: valueUnit, maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ unit: valueUnit, minLength: 100, maxLength: 3_000 }) },
);

/** Fields that may be sent: some of the static table, some that come often, some like no other. */
export const arbitraryField: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(...staticFields) },
  { weight: 4, arbitrary: fc.tuple(name, value) },
);

export const arbitraryFields = fc.array(arbitraryField, { maxLength: 20 });

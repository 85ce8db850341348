import type { Kind } from "@trilby/kit";
import type { Case } from "./core/case.ts";
import { bindingCases } from "./bindings/index.ts";
import { pubSubCases } from "./pubsub/index.ts";
import { secretStoreCases } from "./secretstores/index.ts";
import { stateCases } from "./state/index.ts";

/** Every case of a kind. */
export function casesOf<K extends Kind>(kind: K): readonly Case<K>[] {
  return suites[kind];
}

const suites: { readonly [K in Kind]: readonly Case<K>[] } = {
  state: stateCases,
  pubsub: pubSubCases,
  bindings: bindingCases,
  secretstores: secretStoreCases,
};

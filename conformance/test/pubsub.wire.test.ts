import { pubSubCases } from "../src/pubsub/index.ts";
import { pubSubReference } from "./mutants/pubsub/reference.ts";
import { pubSubWireMutants } from "./mutants/wire/pubsub.ts";
import { proveWire } from "./mutants/wire/wire-mutant.ts";

proveWire(pubSubCases, pubSubReference, pubSubWireMutants);

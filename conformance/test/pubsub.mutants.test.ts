import { pubSubCases } from "../src/pubsub/index.ts";
import { prove } from "./mutants/prove.ts";
import { pubSubMutants } from "./mutants/pubsub/index.ts";
import { pubSubReference } from "./mutants/pubsub/reference.ts";

prove(pubSubCases, pubSubReference, pubSubMutants);

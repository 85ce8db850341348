import { secretStoreCases } from "../src/secretstores/index.ts";
import { prove } from "./mutants/prove.ts";
import { secretStoreMutants } from "./mutants/secretstores/index.ts";
import { secretStoreReference, singleFacts } from "./mutants/secretstores/reference.ts";

prove(secretStoreCases, secretStoreReference, secretStoreMutants, singleFacts);

import { secretStoreCases } from "../src/secretstores/index.ts";
import { secretStoreReference } from "./mutants/secretstores/reference.ts";
import { secretStoreWireMutants } from "./mutants/wire/secretstores.ts";
import { proveWire } from "./mutants/wire/wire-mutant.ts";

proveWire(secretStoreCases, secretStoreReference, secretStoreWireMutants);

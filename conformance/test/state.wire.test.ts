import { stateCases } from "../src/state/index.ts";
import { stateReference } from "./mutants/state/reference.ts";
import { stateWireMutants } from "./mutants/wire/state.ts";
import { proveWire } from "./mutants/wire/wire-mutant.ts";

proveWire(stateCases, stateReference, stateWireMutants);

import { stateCases } from "../src/state/index.ts";
import { prove } from "./mutants/prove.ts";
import { stateMutants } from "./mutants/state/index.ts";
import { stateReference } from "./mutants/state/reference.ts";

prove(stateCases, stateReference, stateMutants);

import { bindingCases } from "../src/bindings/index.ts";
import { bindingMutants } from "./mutants/bindings/index.ts";
import { bindingReference } from "./mutants/bindings/reference.ts";
import { prove } from "./mutants/prove.ts";

prove(bindingCases, bindingReference, bindingMutants);

import { bindingCases } from "../src/bindings/index.ts";
import { bindingReference } from "./mutants/bindings/reference.ts";
import { bindingWireMutants } from "./mutants/wire/bindings.ts";
import { proveWire } from "./mutants/wire/wire-mutant.ts";

proveWire(bindingCases, bindingReference, bindingWireMutants);

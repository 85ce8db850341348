export { certified, type Outcome, type Verdict } from "./core/verdict.ts";
export type { Ability, Case, CaseClass } from "./core/case.ts";
export { defaultFacts, type FactsOf } from "./core/facts.ts";
export { runSuite, type SuiteSettings } from "./core/run-suite.ts";
export type { BackendControl, Placement, PlacementName, Session, World } from "./core/world.ts";
export { childProcess, type ChildSettings } from "./placements/child-process.ts";
export { inProcess } from "./placements/in-process.ts";
export { liveSocket } from "./placements/live-socket.ts";
export { casesOf } from "./suites.ts";

import type { Group } from "../row.ts";
import { stateRows } from "./state-rows.ts";

/** No server behind the store: what the daemon itself, and the way to a component, cost. */
export const memoryState: Group = {
  title: "State in memory",
  rows: stateRows({
    id: "memory",
    where: "in memory, 1 KB",
    about: "A component that does nothing but remember, so that the way to it is all there is to see.",
    inFlight: [64],
    subjects: () => ["builtin", "ours", "go", "inProcess", "child", "underTrilby"],
    setting: () =>
      Promise.resolve({ components: [{ name: "store", type: "state.in-memory", package: "state-in-memory" }] }),
  }),
};

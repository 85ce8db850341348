import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export type Collector = (options: { readonly type: "minor" | "major"; readonly flavor?: "last-resort" }) => void;

/** V8's collector, which Node shows only under a flag. */
export function exposeCollector(): Collector {
  setFlagsFromString("--expose-gc");
  const exposed = runInNewContext("gc") as Collector;
  // V8 takes compiled code only under the flags that it had.
  setFlagsFromString("--no-expose-gc");
  return exposed;
}

import { readFileSync, readdirSync } from "node:fs";

/** Processes whose CPU time and memory count. */
export interface Watched {
  readonly daemon: number | undefined;
  readonly components: readonly number[];
  readonly backends?: readonly number[];
}

/** Something with Dapr's API. */
export interface Subject {
  /** `host:port` */
  readonly http: string;
  readonly grpc: string;
  /** Asked before each round: a child may have been started again. */
  watched(): Watched;
  close(): Promise<void>;
}

/** Every process below this one. */
export function descendantsOf(pid: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const each = Number(name);
    const parent = Number.isInteger(each) ? parentOf(each) : undefined;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), each]);
  }
  const below = (one: number): readonly number[] =>
    (children.get(one) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the program, in parentheses, may hold blanks; the state and the parent come after it.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    // It has ended.
    return undefined;
  }
}

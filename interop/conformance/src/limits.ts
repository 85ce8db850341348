import { readFileSync } from "node:fs";

/** Something the suites want that Dapr's protocol does not carry, whoever serves it. A case of ours sees that it still holds. */
export interface Limit {
  /** Name of the case in `stateLimits` and its siblings. */
  readonly case: string;
  readonly reason: string;
  /** Operations of an upstream row that are therefore left out. */
  readonly drops?: readonly string[];
  /** The cases that Dapr's own components pass and that are therefore not reached, with all below them. */
  readonly cases?: readonly string[];
}

export const limits = JSON.parse(readFileSync(new URL("../limits.json", import.meta.url), "utf8")) as readonly Limit[];

const dropped = new Set(limits.flatMap(({ drops = [] }) => drops));

export function withoutLimits(operations: readonly string[]): string[] {
  return operations.filter((operation) => !dropped.has(operation));
}

const unreached = new Set(limits.flatMap(({ cases = [] }) => cases));

/** Whether a limit says that this case of the suite cannot be reached. */
export function isUnreached(name: string): boolean {
  return unreached.has(name.split("/")[0]!);
}

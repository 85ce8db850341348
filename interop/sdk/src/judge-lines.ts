import { isDeepStrictEqual } from "node:util";
import type { Expected } from "./expected.ts";
import type { Line } from "./line.ts";
import type { Missing } from "./missing.ts";

export interface StepVerdict {
  readonly step: string;
  readonly verdict: "passed" | "failed" | "known";
  /** Of what failed, and of what is known. */
  readonly why?: string;
}

/** A verdict for every step that is expected, and for every line that is not: in this order, once each, and nothing left out. */
export function judgeLines(
  lines: readonly Line[],
  expected: ReadonlyMap<string, Expected>,
  missing: ReadonlyMap<string, Missing>,
): StepVerdict[] {
  const verdicts: StepVerdict[] = [];
  const order = [...expected.keys(), "done"];
  const seen = new Set<string>();
  let last = -1;
  for (const line of lines) {
    const at = order.indexOf(line.step);
    if (at < 0) verdicts.push({ step: line.step, verdict: "failed", why: `is no step: ${JSON.stringify(line)}` });
    else if (seen.has(line.step)) verdicts.push({ step: line.step, verdict: "failed", why: "came twice" });
    else if (at < last) verdicts.push({ step: line.step, verdict: "failed", why: `came after ${order[last]}` });
    else if (line.step === "done") verdicts.push({ step: "done", verdict: "passed" });
    else verdicts.push(judgeLine(line, expected.get(line.step)!, missing.get(line.step)));
    seen.add(line.step);
    last = Math.max(last, at);
  }
  for (const step of order)
    if (!seen.has(step)) verdicts.push({ step, verdict: "failed", why: "the app did not get there" });
  return verdicts;
}

function judgeLine(line: Line, expected: Expected, missing: Missing | undefined): StepVerdict {
  const { step } = line;
  const isAsExpected = answers(line, expected);
  if (missing === undefined || expected === "unsupported") {
    if (isAsExpected) return { step, verdict: "passed" };
    return { step, verdict: "failed", why: `expected ${JSON.stringify(expected)}\ngot      ${JSON.stringify(line)}` };
  }
  if (isAsExpected) return { step, verdict: "failed", why: `passes: take ${missing.capability} out of src/missing.ts` };
  if (line.error?.message.includes(missing.says) === true)
    return { step, verdict: "known", why: `trilbyd has no ${missing.capability} yet` };
  return {
    step,
    verdict: "failed",
    why: `refused, but not with "${missing.says}" as is listed for ${missing.capability}:\n${JSON.stringify(line)}`,
  };
}

function answers({ result, error, after, unsupported }: Line, expected: Expected): boolean {
  if (expected === "unsupported") return unsupported !== undefined;
  if ("result" in expected)
    return error === undefined && unsupported === undefined && isDeepStrictEqual(result, expected.result);
  return (
    error?.code === expected.code && error.message.includes(expected.says) && isDeepStrictEqual(after, expected.after)
  );
}

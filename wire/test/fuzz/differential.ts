import * as fc from "fast-check";
import { arbitraryHarm, arbitraryStep, Conversation, type Harm, harmed, type Step } from "./conversation.ts";
import { agree, type Case, explanation } from "./differences.ts";
import { nodeServer, ourServer } from "./servers.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

export interface Comparison {
  connections: number;
  frames: number;
  agreed: number;
  /** How often, by name. */
  readonly explained: Map<string, number>;
  /** Each in words. */
  readonly unexplained: string[];
  /** What came out of the package as an exception. */
  readonly escaped: unknown[];
}

/**
 * The same bytes to a server of ours and to one of node:http2, connection after connection until so many frames have been sent: up to `maxSteps`
 * right ones, and then one with one thing wrong.
 */
export async function compareServers(frames: number, maxSteps: number, seed: number): Promise<Comparison> {
  const result: Comparison = {
    connections: 0,
    frames: 0,
    agreed: 0,
    explained: new Map(),
    unexplained: [],
    escaped: [],
  };
  const [ours, theirs] = await Promise.all([ourServer((error) => result.escaped.push(error)), nodeServer()]);
  const arbitrary = fc.tuple(
    fc.array(arbitraryStep, { maxLength: maxSteps, size: "max" }),
    arbitraryStep,
    arbitraryHarm,
  );
  let samples = 0;
  const work = async (): Promise<void> => {
    while (result.frames < frames) {
      const [[steps, last, harm]] = fc.sample(arbitrary, { seed: seed + samples++, numRuns: 1 }) as [Sample];
      const conversation = new Conversation();
      const before = steps.flatMap((step) => conversation.frames(step));
      const [right, ...rest] = conversation.frames(last);
      const sent = harmed(right!, harm);
      const bytes = Buffer.concat([...before, sent, ...rest]);
      const verdicts = await Promise.all([verdictOf(ours.port, bytes), verdictOf(theirs.port, bytes)]);
      const each: Case = { harm, right: right!, sent, ours: verdicts[0], theirs: verdicts[1] };
      result.connections++;
      result.frames += before.length + 1 + rest.length;
      if (agree(each)) {
        result.agreed++;
        continue;
      }
      const name = explanation(each);
      if (name !== undefined) result.explained.set(name, (result.explained.get(name) ?? 0) + 1);
      else result.unexplained.push(inWords(each, before));
    }
  };
  try {
    // Much of the time goes by waiting.
    await Promise.all(Array.from({ length: 16 }, work));
  } finally {
    ours.close();
    theirs.close();
  }
  return result;
}

type Sample = [Step[], Step, Harm];

function inWords({ harm, right, sent, ours, theirs }: Case, before: readonly Buffer[]): string {
  const frames = before.map((frame) => `${frame[3]}/${frame[4]}/${frame.readUInt32BE(5)}`).join(" ");
  return [
    `${harm.kind}: ${right.subarray(0, 200).toString("hex")}`,
    `sent as ${sent.subarray(0, 200).toString("hex")}`,
    `after (type/flags/stream) ${frames}`,
    `ours: ${verdictInWords(ours)}`,
    `node:http2: ${verdictInWords(theirs)}`,
  ].join("\n  ");
}

function verdictInWords(verdict: Verdict): string {
  return JSON.stringify(verdict).replaceAll(/v{8,}/g, (run) => `(v, ${run.length} times)`);
}

import { inspect } from "node:util";
import type { ConnectionReading, Conversation, RequestReading } from "./reading.ts";

/** A way in which one reader is stricter than another, and why that is right. */
export interface Difference {
  readonly name: string;
  readonly reason: string;
  /** Whether it explains that `request`, which one reader took for whole, was not taken by the other. */
  explains(request: RequestReading, conversation: string): boolean;
}

export interface Reader {
  readonly name: string;
  readonly readings: readonly ConnectionReading[];
  /** What it takes and ours refuses. */
  readonly kinder: readonly Difference[];
  /** What it refuses and ours takes. */
  readonly stricter: readonly Difference[];
  /** Fields that it does not hand out as they came. */
  readonly keeps: (name: string) => boolean;
  readonly keepsOrder: boolean;
}

export interface Tally {
  /** Requests that ours took. */
  taken: number;
  /** Of these, the ones that the other took, and read the same. */
  same: number;
  /** By the name of a difference: how often. */
  readonly differences: Map<string, number>;
  /** Nothing explains them. */
  readonly unexplained: string[];
}

/** Holds ours against another reader of the same conversations. */
export function compare(
  conversations: readonly Conversation[],
  ours: readonly ConnectionReading[],
  other: Reader,
  tally: Tally,
): void {
  for (const [at, conversation] of conversations.entries()) {
    const mine = ours[at]!.requests.filter(({ complete }) => complete);
    const theirs = other.readings[at]!.requests.filter(({ complete }) => complete);
    const text = conversation.toString("latin1");
    tally.taken += mine.length;
    const tell = (what: string): void => {
      const said = `ours: ${ours[at]!.said || "nothing"}; ${other.name}: ${other.readings[at]!.said || "nothing"}`;
      if (tally.unexplained.length < 1_000)
        tally.unexplained.push(
          `${what}\n  of ${inspect(text, { maxStringLength: 2_000, breakLength: Infinity })}\n  (${said})`,
        );
    };
    const explain = (list: readonly Difference[], request: RequestReading, what: string): void => {
      const found = list.find(({ explains }) => explains(request, text));
      if (found === undefined) tell(`${what}: ${inspect(request, { breakLength: Infinity })}`);
      else tally.differences.set(found.name, (tally.differences.get(found.name) ?? 0) + 1);
    };
    for (let index = 0; ; index++) {
      const [one, two] = [mine[index], theirs[index]];
      if (one === undefined && two === undefined) break;
      if (one === undefined) {
        explain(other.kinder, two!, `${other.name} takes, and ours does not`);
        break;
      }
      if (two === undefined) {
        explain(other.stricter, one, `ours takes, and ${other.name} does not`);
        break;
      }
      const [said, heard] = [inWords(one, other), inWords(two, other)];
      if (said !== heard) {
        tell(`ours reads ${said}\n${other.name} reads ${heard}`);
        break;
      }
      tally.same++;
    }
  }
}

function inWords({ method, target, fields, body }: RequestReading, { keeps, keepsOrder }: Reader): string {
  // In the absolute form the target says the host, and whoever hands out another tells what it was sent.
  const keepsHost = !/^[a-z]+:/i.test(target);
  const kept = fields
    .map(([name, value]) => `${name.toLowerCase()}: ${value}`)
    // And an empty Host is as none.
    .filter((field) => (nameOf(field) === "host" ? keepsHost && field !== "host: " : keeps(nameOf(field))));
  // Those of one name stay in their order.
  if (!keepsOrder) kept.sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : nameOf(one) > nameOf(other) ? 1 : 0));
  return JSON.stringify([method, target, kept, body]);
}

function nameOf(field: string): string {
  return field.slice(0, field.indexOf(":"));
}

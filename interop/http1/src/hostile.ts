import { deepEqual, equal, ok } from "node:assert/strict";
import type { Verdicts } from "@trilby/interop-judging";
import { type HostileCase, host, type Outcome, ping, request } from "./hostile/case.ts";
import { chunkedBodies } from "./hostile/chunks.ts";
import { connections } from "./hostile/connections.ts";
import { heads } from "./hostile/heads.ts";
import { knownHoles } from "./hostile/known-holes.ts";
import { lengths } from "./hostile/lengths.ts";
import type { Answer } from "./raw/answers.ts";
import { connectRaw } from "./raw/connection.ts";
import { type Judged, startJudged } from "./trilbyd.ts";

/** Bytes that no good client sends: each gets what it should, one answer a request at most, and nothing of it reaches the store. */
export async function judgeByHostileBytes({ check, note }: Verdicts): Promise<void> {
  const judged = await startJudged();
  try {
    await putCanary(judged);
    const before = { descriptors: judged.descriptors(), residentMb: judged.residentMb() };
    for (const each of [...heads, ...lengths, ...chunkedBodies, ...connections, ...knownHoles]) {
      await check(each.name, async () => {
        try {
          await tryOut(judged, each);
        } finally {
          await lookForCanary(judged);
        }
      });
    }
    await check("after all of them: no connection is left, memory is as it was, nothing ended it", async () => {
      equal(judged.ended(), undefined);
      ok(
        judged.descriptors() <= before.descriptors + 5,
        `${before.descriptors} descriptors, now ${judged.descriptors()}`,
      );
      ok(judged.residentMb() < before.residentMb + 60, `${before.residentMb} MB, now ${judged.residentMb()}`);
    });
    note(`trilbyd: ${before.residentMb.toFixed(0)} MB before, ${judged.residentMb().toFixed(0)} MB after`);
  } finally {
    await judged.stop();
  }
}

async function tryOut(judged: Judged, { send, outcomes, methods, finish = false }: HostileCase): Promise<void> {
  const connection = await connectRaw(judged, methods);
  try {
    connection.send(send);
    if (finish) connection.finish();
    const wanted = Math.min(...outcomes.map(({ statuses }) => statuses.length));
    await connection.answers(wanted);
    const mayEnd = outcomes.some(({ after }) => after === "ended");
    if (mayEnd && outcomes.every(({ after }) => after === "ended")) await connection.ended();
    else if (!finish) {
      // Whether it serves on is shown by one more request: it is answered, or there is an end.
      await settled(connection, outcomes);
      const { length } = connection.received().answers;
      connection.send(request(ping, [host]));
      const answers = await connection.answers(length + 1);
      if (answers.length > length) {
        equal(answers.at(-1)!.status, 204, "what came for a request behind it");
        connection.finish();
        await connection.ended();
        const { answers: all, rest } = connection.received();
        equal(rest.length, 0, `there is more: ${rest.toString("latin1", 0, 200)}`);
        return match(all.slice(0, -1), "open", outcomes);
      }
    }
    await connection.ended();
    const { answers, rest } = connection.received();
    equal(rest.length, 0, `there is more: ${rest.toString("latin1", 0, 200)}`);
    match(answers, "ended", outcomes);
  } finally {
    connection.close();
  }
}

/** Waits until the answers that came are all of some outcome. */
async function settled(
  connection: Awaited<ReturnType<typeof connectRaw>>,
  outcomes: readonly Outcome[],
): Promise<void> {
  for (const { statuses } of outcomes.toSorted((one, other) => one.statuses.length - other.statuses.length)) {
    const answers = await connection.answers(statuses.length);
    if (fits(answers, statuses)) return;
  }
}

function match(answers: readonly Answer[], after: Outcome["after"], outcomes: readonly Outcome[]): void {
  if (outcomes.some((outcome) => outcome.after === after && fits(answers, outcome.statuses))) return;
  const wanted = outcomes.map(
    (each) => `${each.statuses.map((one) => one.join("|")).join(", ") || "nothing"}, then ${each.after}`,
  );
  deepEqual(`${answers.map(({ status }) => status).join(", ") || "nothing"}, then ${after}`, wanted.join("; or "));
}

function fits(answers: readonly Answer[], statuses: Outcome["statuses"]): boolean {
  return answers.length === statuses.length && statuses.every((each, at) => each.includes(answers[at]!.status));
}

async function putCanary({ url }: Judged): Promise<void> {
  const response = await fetch(`${url}/v1.0/state/store`, {
    method: "POST",
    body: '[{"key":"canary","value":"sings"}]',
  });
  equal(response.status, 204);
}

/** Deleted by whatever was smuggled; and a trilbyd that answers is in good health. */
async function lookForCanary(judged: Judged): Promise<void> {
  const response = await fetch(`${judged.url}/v1.0/state/store/canary`);
  const found = `${response.status} ${await response.text()}`;
  if (response.status === 204) await putCanary(judged);
  equal(found, '200 "sings"', "something was smuggled: the canary");
}

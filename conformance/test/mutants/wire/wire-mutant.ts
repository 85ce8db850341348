import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Kind } from "@trilby/kit";
import { startServing } from "@trilby/kit/serve";
import { connect, RpcError, type CallOptions, type Channel } from "@trilby/kit/transport";
import { describe, test } from "vitest";
import type { Case } from "../../../src/core/case.ts";
import { defaultFacts, type FactsOf } from "../../../src/core/facts.ts";
import { runCase } from "../../../src/core/run-case.ts";
import type { Verdict } from "../../../src/core/verdict.ts";
import type { BackendControl } from "../../../src/core/world.ts";
import { remoteSession } from "../../../src/placements/remote-session.ts";
import type { Reference } from "../mutant.ts";

/** A server that is wrong in one way, made of a right one by what stands between it and the suite. */
export interface WireMutant<K extends Kind = Kind> {
  readonly name: string;
  readonly caughtBy: readonly string[];
  readonly features?: readonly string[];
  readonly facts?: Partial<FactsOf[K]>;
  /** Made anew for each case. */
  readonly channel: (right: Channel) => Partial<Channel>;
}

export type Unary = (path: string, request: Uint8Array, options: CallOptions) => Promise<Uint8Array>;

/** Proves of the cases on the wire what `prove` proves of the others. */
export function proveWire<K extends Kind, B extends BackendControl>(
  all: readonly Case<K>[],
  reference: Reference<K, B>,
  mutants: readonly WireMutant<K>[],
): void {
  const cases = all.filter(({ abilities = [] }) => abilities.includes("wire"));
  const byId = new Map(cases.map((each) => [each.id, each]));

  describe.concurrent("a right server", () => {
    for (const each of cases) {
      test(`passes ${each.id}`, { timeout: 60_000 }, async () => {
        const { outcome, error } = await runOnWire(
          each,
          reference,
          each.lacks ? { features: reference.features.filter((feature) => !each.lacks!.includes(feature)) } : {},
        );
        assert.equal(outcome, "passed", error?.stack ?? outcome);
      });
    }
  });
  describe.concurrent("a server that", () => {
    for (const mutant of mutants) {
      test(`${mutant.name} is caught`, { timeout: 60_000 }, async () => {
        for (const id of mutant.caughtBy) {
          assert.ok(byId.has(id), `there is no case ${id}`);
          const { outcome, error } = await runOnWire(byId.get(id)!, reference, mutant);
          assert.equal(outcome, "failed", `${id} did not catch it (${outcome})`);
          assert.doesNotMatch(
            error!.message,
            /is not a function|is not defined|of undefined/,
            "the mutant itself is broken",
          );
        }
      });
    }
  });
  test("every case on the wire catches a mutant", () => {
    const caught = new Set(mutants.flatMap(({ caughtBy }) => caughtBy));
    assert.deepEqual(
      cases.map(({ id }) => id).filter((id) => !caught.has(id)),
      [],
    );
  });
}

async function runOnWire<K extends Kind, B extends BackendControl>(
  testCase: Case<K>,
  reference: Reference<K, B>,
  mutant: Partial<WireMutant<K>>,
): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), "trilby-"));
  const socket = join(folder, "c.sock");
  const backend = reference.createBackend();
  const definition = reference.define(backend, mutant.features ?? reference.features);
  const serving = await startServing([definition], { sockets: [socket] });
  // One state for all connections: a wrong server is wrong for everybody.
  let between: Partial<Channel> | undefined;
  const dial = async (path: string): Promise<Channel> => {
    const right = await connect({ path });
    between ??= mutant.channel?.(right) ?? {};
    return { ...bound(right), ...between };
  };
  try {
    const session = await remoteSession<K>({
      kind: definition.kind,
      socket,
      properties: reference.properties,
      dial,
    });
    const facts = { ...defaultFacts[definition.kind], ...reference.facts, ...mutant.facts };
    const verdict = await runCase(testCase, session, { placement: "socket", abilities: new Set(["wire"]), facts });
    await session.close();
    return verdict;
  } finally {
    await serving.close(0);
    await rm(folder, { recursive: true, force: true });
  }
}

/** A server whose unary calls go another way. */
export function unary(change: (right: Unary) => Unary): (right: Channel) => Partial<Channel> {
  return (right) => {
    const changed = change((path, request, options) => right.unary(path, request, options));
    return { unary: (path, request, options = {}) => changed(path, request, options) };
  };
}

export function refuse(code: number, message = "no"): never {
  throw new RpcError(code, message);
}

function bound(channel: Channel): Channel {
  return {
    unary: (path, request, options) => channel.unary(path, request, options),
    stream: (path, options) => channel.stream(path, options),
    ready: (timeoutMs) => channel.ready(timeoutMs),
    close: () => channel.close(),
  };
}

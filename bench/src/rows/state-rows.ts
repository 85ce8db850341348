import { loadGrpc, loadHttp } from "../load.ts";
import { grpcGets, grpcPath, grpcSaves, httpGets, httpSaves, jsonOf, keysFor } from "../requests.ts";
import type { Measure, Round, Row } from "../row.ts";
import type { Sample } from "../sample.ts";
import type { Subject } from "../subject.ts";
import { openSubject, type Setting, type SubjectKey, subjectNames } from "../subjects.ts";
import type { World } from "../world.ts";

export interface StateRows {
  /** What the rows' ids begin with. */
  readonly id: string;
  /** Where the values are, for the title. */
  readonly where: string;
  readonly about: string;
  readonly protocols?: readonly Protocol[];
  readonly inFlight: readonly number[];
  readonly valueBytes?: number;
  subjects(inFlight: number): readonly SubjectKey[];
  setting(world: World): Promise<Setting>;
  /** The least that could be done: HTTP straight to the backend, no Dapr. */
  bare?(world: World): Promise<Subject>;
  /** Which of the numbers in flight a quick run measures. */
  readonly quick?: number;
}

type Protocol = "http" | "grpc";
type Operation = "get" | "save";

const bareName = "bare node:http + ioredis";

/** Get and save over HTTP and gRPC, at each number of requests in flight. */
export function stateRows(options: StateRows): readonly Row[] {
  const {
    id,
    where,
    about,
    protocols = ["http", "grpc"],
    inFlight,
    valueBytes = 1_024,
    subjects,
    setting,
    bare,
  } = options;
  const loads = createLoads(valueBytes);

  const open = (world: World, key: SubjectKey): Promise<Subject> =>
    world.once(`${id} ${key}`, async () => {
      const subject = await openSubject(key, await setting(world));
      await fill(subject.http, valueBytes);
      return subject;
    });
  const rows: Row[] = [];
  for (const operation of ["get", "save"] as const) {
    for (const protocol of protocols) {
      const load = loads[`${protocol} ${operation}`];
      for (const count of inFlight) {
        const measures: Record<string, Measure> = {};
        for (const key of subjects(count))
          measures[subjectNames[key]] = async (world, round) => load(await open(world, key), count, round);
        if (bare !== undefined && protocol === "http")
          measures[bareName] = async (world, round) =>
            load(await world.once(`${id} bare`, () => bare(world)), count, round);
        rows.push({
          id: `${id}-${protocol}-${operation}-${count}`,
          title: `${protocol === "http" ? "HTTP" : "gRPC"} ${operation}, ${where}, ${count} in flight`,
          about,
          baseline: subjectNames.builtin,
          subjects: measures,
          quick: count === options.quick,
          ...(count === 1 && { noise: "chance" as const }),
        });
      }
    }
  }
  return rows;
}

type Load = (target: Subject, inFlight: number, round: Round) => Promise<Sample>;

function createLoads(valueBytes: number): Record<`${Protocol} ${Operation}`, Load> {
  const value = jsonOf(valueBytes);
  const gets = httpGets("store", valueBytes);
  const saves = httpSaves("store", value);
  const http =
    (requests: readonly Uint8Array[], expect: number): Load =>
    (target, connections, round) =>
      loadHttp({ address: target.http, connections, requests, expect: [expect] }, target.watched(), round);
  const grpc =
    (path: string, messages: readonly Uint8Array[]): Load =>
    (target, streams, round) =>
      loadGrpc({ address: target.grpc, streams, path, messages }, target.watched(), round);
  return {
    "http get": http(gets, 200),
    "http save": http(saves, 204),
    "grpc get": grpc(grpcPath("getState"), grpcGets("store", valueBytes)),
    "grpc save": grpc(grpcPath("saveState"), grpcSaves("store", value)),
  };
}

async function fill(address: string, valueBytes: number): Promise<void> {
  const value = JSON.parse(Buffer.from(jsonOf(valueBytes)).toString()) as unknown;
  for (const key of keysFor(valueBytes)) {
    const response = await fetch(`http://${address}/v1.0/state/store`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify([{ key, value }]),
    });
    if (!response.ok) throw new Error(`saving ${key}: ${response.status} ${await response.text()}`);
  }
}

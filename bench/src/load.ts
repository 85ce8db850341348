import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { buildGo } from "@trilby/interop-judging";
import type { Round } from "./row.ts";
import type { Sample } from "./sample.ts";
import type { Watched } from "./subject.ts";

export interface HttpLoad {
  /** `host:port` */
  readonly address: string;
  readonly connections: number;
  readonly requests: readonly Uint8Array[];
  /** The statuses that are right. */
  readonly expect: readonly number[];
}

export interface GrpcLoad {
  readonly address: string;
  /** `/package.Service/Method` */
  readonly path: string;
  readonly messages: readonly Uint8Array[];
  readonly streams: number;
}

/** What the load program answers; see load/figures.go. */
export interface Figures {
  readonly requests: number;
  readonly errors: number;
  readonly firstError?: string;
  readonly seconds: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly cpuMicros: Readonly<Record<string, number>>;
  readonly rssBytes: Readonly<Record<string, number>>;
}

export async function loadHttp(load: HttpLoad, watched: Watched, round: Round): Promise<Sample> {
  const { requests, ...rest } = load;
  return sampleOf(await run("http", { ...rest, requests: requests.map(base64), ...timing(watched, round) }), watched);
}

export async function loadGrpc(load: GrpcLoad, watched: Watched, round: Round): Promise<Sample> {
  const { messages, ...rest } = load;
  return sampleOf(await run("grpc", { ...rest, messages: messages.map(base64), ...timing(watched, round) }), watched);
}

/** The part of a plan that says when to measure, and whose processes. */
export function timing({ daemon, components, backends = [] }: Watched, { warmSeconds, seconds }: Round): object {
  return { warmSeconds, seconds, pids: [...(daemon === undefined ? [] : [daemon]), ...components, ...backends] };
}

/** Throws when anything but the expected came back: a figure for wrong answers is worth nothing. */
export function sampleOf(figures: Figures, { daemon, components, backends = [] }: Watched): Sample {
  const { requests, errors, firstError, seconds, p50Micros, p99Micros, cpuMicros, rssBytes } = figures;
  if (errors > 0) throw new Error(`${errors} requests failed, the first with: ${firstError}`);
  if (requests === 0) throw new Error("not one request was answered");
  const cpu = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + (cpuMicros[pid] ?? 0), 0) / requests;
  const rss = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + (rssBytes[pid] ?? 0), 0) / 2 ** 20;
  const daemons = daemon === undefined ? [] : [daemon];
  return {
    perSecond: requests / seconds,
    p50Ms: p50Micros / 1e3,
    p99Ms: p99Micros / 1e3,
    cpuMicros: cpu([...daemons, ...components]),
    rssMb: rss([...daemons, ...components]),
    ...(components.length > 0 && {
      daemonCpuMicros: cpu(daemons),
      componentCpuMicros: cpu(components),
      daemonRssMb: rss(daemons),
      componentRssMb: rss(components),
    }),
    ...(backends.length > 0 && { backendCpuMicros: cpu(backends) }),
  };
}

async function run(command: string, plan: object): Promise<Figures> {
  const talk = startLoad(command);
  try {
    return await talk.ask<Figures>(plan);
  } finally {
    await talk.close();
  }
}

/** A running load program: a line of JSON in, a line of JSON out. */
export interface LoadProcess {
  readonly pid: number;
  ask<Answer>(plan: object): Promise<Answer>;
  close(): Promise<void>;
}

export function startLoad(command: string): LoadProcess {
  const child = spawn(loadProgram(), [command], { stdio: ["pipe", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  child.stdin.on("error", () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", (error) => {
      errors += error.message;
      resolve();
    });
  });
  return {
    pid: child.pid ?? 0,
    async ask<Answer>(plan: object) {
      child.stdin.write(`${JSON.stringify(plan)}\n`);
      const { value, done } = await lines.next();
      if (done === true) {
        await ended;
        throw new Error(`the load program ended: ${errors}`);
      }
      return JSON.parse(value) as Answer;
    },
    async close() {
      child.stdin.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), 2_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

let built: string | undefined;

/** Builds it on first use. */
function loadProgram(): string {
  built ??= buildGo("bench-load", join(import.meta.dirname, "..", "load"), ["build"]);
  return built;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

// Calls an echo server: `node client.ts PLAN`, the plan as JSON, and answers with figures as JSON.
import { type Channel, type Target } from "@trilby/kit/transport";
import { cpuMicrosOf, peakMb, residentMb } from "../process-figures.ts";
import type { Sample } from "../sample.ts";
import { echo, maxMessageBytes } from "./echo.ts";
import { type Filling, fillings } from "./fillings.ts";

export type ClientPlan = { readonly filling: Filling; readonly target: Target; readonly serverPid: number } & (
  | {
      readonly kind: "unary";
      readonly inFlight: number;
      readonly bytes: number;
      readonly warmSeconds: number;
      readonly seconds: number;
    }
  | { readonly kind: "stream"; readonly messages: number; readonly bytes: number }
  | { readonly kind: "large"; readonly bytes: number }
);

const plan = JSON.parse(process.argv[2] ?? "") as ClientPlan;
const limits = { maxReceiveBytes: maxMessageBytes };
const channel = await fillings[plan.filling].connect(plan.target, limits);
await channel.ready(10_000);
const message = new Uint8Array(plan.bytes).fill(120);
console.log(JSON.stringify(await measure()));
process.exit(0);

function measure(): Promise<Sample> {
  switch (plan.kind) {
    case "unary":
      return callAll(channel, plan.inFlight, plan.warmSeconds, plan.seconds);
    case "stream":
      return exchangeAll(channel, plan.messages);
    case "large":
      return exchangeOne(channel);
  }
}

/** Calls that each start the next when they are answered. */
async function callAll(on: Channel, inFlight: number, warmSeconds: number, seconds: number): Promise<Sample> {
  const latencies: number[] = [];
  const start = performance.now() + warmSeconds * 1_000;
  const end = start + seconds * 1_000;
  let before: Used | undefined;
  const one = async (): Promise<void> => {
    for (;;) {
      const called = performance.now();
      if (called >= end) return;
      if (called >= start) before ??= used();
      const answer = await on.unary(echo.unary, message);
      if (answer.length !== message.length) throw new Error(`${answer.length} bytes came back`);
      if (called >= start) latencies.push(performance.now() - called);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  const after = used();
  latencies.sort((first, second) => first - second);
  const perCall = (name: keyof Used): number => (after[name] - before![name]) / latencies.length;
  return {
    perSecond: (latencies.length / (after.milliseconds - before!.milliseconds)) * 1_000,
    p50Ms: latencies[Math.floor(latencies.length * 0.5)]!,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)]!,
    cpuMicros: perCall("client") + perCall("server"),
    clientCpuMicros: perCall("client"),
  };
}

/** One stream, so many messages there and back. */
async function exchangeAll(on: Channel, count: number): Promise<Sample> {
  const stream = on.stream(echo.stream);
  let early = 0;
  const before = used();
  const sending = (async () => {
    for (let sent = 0; sent < count; sent++) await stream.send(message);
    stream.end();
  })();
  let received = 0;
  for await (const each of stream.messages) {
    if (each.length !== message.length) throw new Error(`${each.length} bytes came back`);
    // The heaps have their sizes by then.
    if (++received === count / 5) early = residentMb(process.pid) + residentMb(plan.serverPid);
  }
  await sending;
  if (received !== count) throw new Error(`${received} of ${count} messages came back`);
  const after = used();
  const spent = after.client + after.server - before.client - before.server;
  return {
    perSecond: (count / (after.milliseconds - before.milliseconds)) * 1_000,
    cpuMicros: spent / count,
    peakRssMb: peaks(),
    grownMb: residentMb(process.pid) + residentMb(plan.serverPid) - early,
  };
}

/** One call with a large message there and back. */
async function exchangeOne(on: Channel): Promise<Sample> {
  const started = performance.now();
  const answer = await on.unary(echo.unary, message);
  if (answer.length !== message.length) throw new Error(`${answer.length} bytes came back`);
  return { seconds: (performance.now() - started) / 1_000, peakRssMb: peaks() };
}

interface Used {
  readonly milliseconds: number;
  readonly client: number;
  readonly server: number;
}

function used(): Used {
  return {
    milliseconds: performance.now(),
    client: cpuMicrosOf(process.pid),
    server: cpuMicrosOf(plan.serverPid),
  };
}

function peaks(): number {
  return peakMb(process.pid) + peakMb(plan.serverPid);
}

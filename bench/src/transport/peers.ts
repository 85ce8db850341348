import { join } from "node:path";
import { startProcess } from "@trilby/interop-judging";
import type { ListenAddress, Target } from "@trilby/kit/transport";
import { startLoad } from "../load.ts";
import type { Sample } from "../sample.ts";
import type { ClientPlan } from "./client.ts";
import type { Filling } from "./fillings.ts";

export interface EchoServer {
  readonly pid: number;
  readonly target: Target;
  close(): Promise<void>;
}

export async function startEcho(filling: Filling, address: ListenAddress): Promise<EchoServer> {
  const running = startProcess(process.execPath, [
    join(import.meta.dirname, "server.ts"),
    filling,
    JSON.stringify(address),
  ]);
  const bound = await running.line((line) => line.startsWith("{"));
  return { pid: running.pid, target: JSON.parse(bound) as ListenAddress, close: () => running.stop() };
}

export async function startGoEcho(): Promise<EchoServer> {
  const running = startLoad("echo");
  const { address } = await running.ask<{ address: string }>({ address: "127.0.0.1:0" });
  const [host = "", port] = address.split(":");
  return { pid: running.pid, target: { host, port: Number(port) }, close: () => running.close() };
}

/** Runs a client to its end, in a process of its own. */
export async function callEcho(plan: ClientPlan): Promise<Sample> {
  const running = startProcess(process.execPath, [join(import.meta.dirname, "client.ts"), JSON.stringify(plan)]);
  return JSON.parse(await running.line((line) => line.startsWith("{"))) as Sample;
}

/** As the load program takes it. */
export function addressOf(target: Target): string {
  return "path" in target ? target.path : `${target.host}:${target.port}`;
}

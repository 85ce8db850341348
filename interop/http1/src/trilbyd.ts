import { readdirSync, readFileSync } from "node:fs";
import { componentYaml, startDaemon, temporaryFolder, trilbyd } from "@trilby/interop-judging";
import type { Address } from "./raw/connection.ts";

export interface Judged extends Address {
  readonly url: string;
  /** Of memory, in MB: now, and at most since it began. */
  residentMb(): number;
  peakMb(): number;
  /** Open file descriptors: connections that were left open show here. */
  descriptors(): number;
  /** What it said since it began. */
  log(): string;
  ended(): string | undefined;
  stop(): Promise<void>;
}

/** A trilbyd as a release publishes it, with a store and a broker in its memory, and an application where there is a port. */
export async function startJudged(appPort?: number): Promise<Judged> {
  const folder = temporaryFolder();
  const daemon = await startDaemon(trilbyd, {
    appId: "http1",
    folder: folder.path,
    // Component packages are found from here.
    workingFolder: import.meta.dirname,
    socketsFolder: folder.path,
    resources: {
      "store.yaml": componentYaml("store", "state.in-memory"),
      "channel.yaml": componentYaml("channel", "pubsub.in-memory"),
    },
    ...(appPort !== undefined && { appPort }),
  });
  const { process: running, http: url } = daemon;
  const status = (name: string): number => {
    const [, kilobytes] = new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(
      readFileSync(`/proc/${running.pid}/status`, "utf8"),
    )!;
    return Number(kilobytes) / 1_024;
  };
  return {
    url,
    host: "127.0.0.1",
    port: Number(new URL(url).port),
    residentMb: () => status("VmRSS"),
    peakMb: () => status("VmHWM"),
    descriptors: () => readdirSync(`/proc/${running.pid}/fd`).length,
    log: running.log,
    ended: running.ended,
    async stop() {
      await running.stop();
      folder.remove();
    },
  };
}

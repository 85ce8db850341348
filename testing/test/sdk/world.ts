import { CommunicationProtocolEnum, DaprClient, DaprServer, LogLevel } from "@dapr/dapr";
import { claimPort } from "@trilby/services";
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, test } from "vitest";

import { createTestHost } from "../../src/index.ts";
import { type ComponentRow, yamlOf } from "./component-row.ts";
import { startTrilbyd } from "./trilbyd.ts";

export const placements = ["in-process", "child", "socket"] as const;
export type Placement = (typeof placements)[number];
export type Protocol = "http" | "grpc";

/** An application on the official SDK beside a host. */
export interface World {
  readonly protocol: Protocol;
  readonly client: DaprClient;
  /** Of the host's HTTP API. */
  readonly url: string;
}

/** Steps of an application, written once for every component of a kind. */
export interface Part {
  /** What the application subscribes to, before it starts. The label is another one in each world of one backend. */
  prepare?(server: DaprServer, label: string): Promise<void>;
  /** Adds tests. The world is there when they run. */
  steps(world: () => World): void;
}

interface Host {
  readonly httpPort: number;
  readonly grpcPort: number;
  stop(): Promise<void>;
}

/** Adds tests that take an application on the official SDK through its parts, over both protocols, wherever the components run. */
export function judge(components: readonly ComponentRow[], parts: readonly Part[]): void {
  for (const placement of placements) {
    for (const protocol of ["http", "grpc"] as const) {
      describe(`${placement}, ${protocol}`, () => {
        let world: World;
        let stop: () => Promise<void>;
        beforeAll(async () => ({ world, stop } = await startWorld(components, parts, placement, protocol)));
        afterAll(() => stop?.());

        test("the components run where they should", async () => {
          const health = await (await fetch(`${world.url}/v1.0/healthz?verbose`)).json();
          const found = (health as { components: { name: string; placement: string; state: string }[] }).components;
          assert.deepEqual(
            found.map(({ name, placement, state }) => `${name} ${placement} ${state}`).toSorted(),
            components.map(({ name }) => `${name} ${placement} ready`).toSorted(),
          );
        });
        for (const part of parts) part.steps(() => world);
      });
    }
  }
}

async function startWorld(
  components: readonly ComponentRow[],
  parts: readonly Part[],
  placement: Placement,
  protocol: Protocol,
): Promise<{ world: World; stop: () => Promise<void> }> {
  const label = `${placement}-${protocol}`;
  const port = await claimPort();
  const app = { port: port.port, protocol, start: (ports: SdkPorts) => startServer(parts, protocol, ports, label) };
  // Its own group of consumers and its own keys.
  const appId = `sdk-${label}`;
  const host: Host =
    placement === "in-process"
      ? await createTestHost({
          appId,
          app,
          folder,
          components: components.map((each) => yamlOf(each)),
          readyWithinMs: 30_000,
        })
      : await startTrilbyd({ appId, app, components, placement });
  const client = new DaprClient(sdkOptions(protocol, host));
  return {
    world: { protocol, client, url: `http://127.0.0.1:${host.httpPort}` },
    async stop() {
      await client.stop();
      await host.stop();
      port.release();
    },
  };
}

export const folder = new URL("../..", import.meta.url);

export interface SdkPorts {
  readonly appPort: number;
  readonly httpPort: number;
  readonly grpcPort: number;
}

async function startServer(
  parts: readonly Part[],
  protocol: Protocol,
  ports: SdkPorts,
  label: string,
): Promise<() => Promise<void>> {
  const options = sdkOptions(protocol, ports);
  const { communicationProtocol } = options;
  const server = new DaprServer({
    serverHost: "127.0.0.1",
    serverPort: String(ports.appPort),
    communicationProtocol,
    clientOptions: options,
    logger: options.logger,
  });
  for (const part of parts) await part.prepare?.(server, label);
  await server.start();
  return async () => {
    await server.stop();
    await server.client.stop();
  };
}

function sdkOptions(protocol: Protocol, { httpPort, grpcPort }: { httpPort: number; grpcPort: number }) {
  return {
    daprHost: "127.0.0.1",
    daprPort: String(protocol === "http" ? httpPort : grpcPort),
    communicationProtocol: CommunicationProtocolEnum[protocol === "http" ? "HTTP" : "GRPC"],
    // It logs every refusal that a test asks for.
    logger: { level: LogLevel.Error, service: silent },
  };
}

const ignore = (): void => {};
const silent = { error: ignore, warn: ignore, info: ignore, verbose: ignore, debug: ignore };

/**
 * What the SDK was told instead of an answer. Over HTTP it returns some errors and throws others, over gRPC it throws
 * errors and objects around errors.
 */
export async function refusal(calling: Promise<unknown>): Promise<string> {
  const answer = await calling.catch((error: unknown) => ({ error }));
  const { error } = (answer ?? {}) as { error?: unknown };
  if (error === undefined) assert.fail(`was not refused, but answered ${JSON.stringify(answer)}`);
  if (error instanceof Error) return error.message;
  const { error: inner } = error as { error?: unknown };
  return inner instanceof Error ? inner.message : JSON.stringify(error);
}

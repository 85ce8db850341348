import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { temporaryFolder } from "@trilby/interop-judging";
import { loadGrpc, startLoad } from "../load.ts";
import { residentMb } from "../process-figures.ts";
import type { Group, Measure, Round, Row } from "../row.ts";
import type { Sample } from "../sample.ts";
import type { World } from "../world.ts";
import { echo } from "./echo.ts";
import { type Filling, fillings } from "./fillings.ts";
import { addressOf, callEcho, type EchoServer, startEcho, startGoEcho } from "./peers.ts";

const loopback = { host: "127.0.0.1", port: 0 };
const kilobyte = 1_024;
const streamMessages = 100_000;
const idleConnections = 10_000;

/** gRPC alone: echoes, no Dapr. */
export const transport: Group = {
  title: "gRPC transport",
  rows: [
    {
      id: "transport-server-64",
      title: "Unary server, 1 KB, 64 streams",
      about: "A server that answers with what it got, on one TCP connection; grpc-go is the same in Go.",
      baseline: "grpc-js",
      quick: true,
      subjects: {
        ...forEachFilling((filling, world, round) => loadEcho(round, open(world, filling))),
        "grpc-go": (world, round) =>
          loadEcho(
            round,
            world.once("echo of grpc-go", () => startGoEcho()),
          ),
      },
    },
    ...[16, 64].map((inFlight): Row => ({
      id: `transport-unix-${inFlight}`,
      title: `Unary client and server, unix socket, 1 KB, ${inFlight} in flight`,
      about: "Both ends by the same transport, each in its process, as between the host and a component.",
      baseline: "grpc-js",
      quick: inFlight === 64,
      subjects: forEachFilling(async (filling, world, round) => {
        const server = await openUnix(world, filling);
        return callEcho({ kind: "unary", filling, ...peer(server), inFlight, bytes: kilobyte, ...round });
      }),
    })),
    {
      id: "transport-stream",
      title: "Stream, 100,000 messages of 1 KB each way",
      about:
        "One stream over a unix socket; every message comes back. New processes each round; memory is that of both.",
      baseline: "grpc-js",
      cold: true,
      subjects: forEachFilling((filling) =>
        withUnixServer(filling, (server) =>
          callEcho({ kind: "stream", filling, ...peer(server), messages: streamMessages, bytes: kilobyte }),
        ),
      ),
    },
    {
      id: "transport-large",
      title: "One message of 64 MB there and back",
      about: "One unary call over a unix socket. New processes each round; memory is that of both.",
      baseline: "grpc-js",
      cold: true,
      subjects: forEachFilling((filling) =>
        withUnixServer(filling, (server) =>
          callEcho({ kind: "large", filling, ...peer(server), bytes: 64 * kilobyte * kilobyte }),
        ),
      ),
    },
    {
      id: "transport-idle",
      title: "10,000 idle connections",
      about: "How much more memory a server has with them than without: TCP, preface and settings exchanged.",
      baseline: "grpc-js",
      cold: true,
      subjects: forEachFilling(async (filling) => {
        const server = await startEcho(filling, loopback);
        const clients = startLoad("idle");
        try {
          await setTimeout(300);
          const before = residentMb(server.pid);
          const plan = { address: addressOf(server.target), connections: idleConnections, protocol: "grpc" };
          await clients.ask(plan);
          await setTimeout(500);
          const after = residentMb(server.pid);
          return { growthKb: ((after - before) * kilobyte) / idleConnections, rssMb: after };
        } finally {
          await clients.close();
          await server.close();
        }
      }),
    },
  ],
};

function forEachFilling(
  measure: (filling: Filling, world: World, round: Round) => Promise<Sample>,
): Record<string, Measure> {
  const names = Object.keys(fillings) as Filling[];
  return Object.fromEntries(
    names.map((filling): [string, Measure] => [filling, (world, round) => measure(filling, world, round)]),
  );
}

function open(world: World, filling: Filling): Promise<EchoServer> {
  return world.once(`echo of ${filling}`, () => startEcho(filling, loopback));
}

function openUnix(world: World, filling: Filling): Promise<EchoServer> {
  return world.once(`echo of ${filling} on a unix socket`, () => startUnix(filling));
}

async function withUnixServer(filling: Filling, use: (server: EchoServer) => Promise<Sample>): Promise<Sample> {
  const server = await startUnix(filling);
  try {
    return await use(server);
  } finally {
    await server.close();
  }
}

async function startUnix(filling: Filling): Promise<EchoServer> {
  const folder = temporaryFolder();
  const server = await startEcho(filling, { path: join(folder.path, "echo.sock") });
  return {
    ...server,
    async close() {
      await server.close();
      folder.remove();
    },
  };
}

async function loadEcho(round: Round, server: Promise<EchoServer>): Promise<Sample> {
  const { pid, target } = await server;
  const load = {
    address: addressOf(target),
    path: echo.unary,
    streams: 64,
    messages: [new Uint8Array(kilobyte).fill(120)],
  };
  return loadGrpc(load, { daemon: pid, components: [] }, round);
}

function peer({ pid, target }: EchoServer): { serverPid: number; target: EchoServer["target"] } {
  return { serverPid: pid, target };
}

import { createServer as createNetServer } from "node:net";
import { connect as connectSocket } from "node:net";
import { join } from "node:path";
import { buildGo, startProcess, temporaryFolder, until, type Verdicts } from "@trilby/interop-judging";
import { connect, type ListenAddress, type Target } from "@trilby/wire/grpc";
import { carriers, startOurs, type Carrier } from "./carriers.ts";
import { cases } from "./cases.ts";
import type { Certificate } from "../certificate.ts";

/** grpc-go's own interoperability client and server as the other end. */
export async function judgeByGrpcGo({ check }: Verdicts, certificate: Certificate): Promise<void> {
  const folder = join(import.meta.dirname, "..", "..", "grpc-go");
  const client = buildGo("wire-grpc-go-client", folder, ["build"], "google.golang.org/grpc/interop/client");
  const server = buildGo("wire-grpc-go-server", folder, ["build"], "google.golang.org/grpc/interop/server");
  const unixServer = buildGo("wire-grpc-go-unix", folder, ["build"]);

  for (const carrier of carriers) {
    const ours = await startOurs(carrier, certificate);
    try {
      for (const [name, words] of goCases) {
        await check(`grpc-go's client, ${carrier}: ${name}`, () =>
          run(client, [...target(ours.address, carrier, certificate), `-test_case=${name}`, ...words]),
        );
      }
    } finally {
      await ours.server.close(0);
    }
  }

  for (const carrier of carriers) {
    const path = join(temporaryFolder().path, "go.sock");
    const port = await freePort();
    const words = [`-port=${port}`, ...(carrier === "TLS" ? serverTls(certificate) : [])];
    const theirs = carrier === "unix socket" ? startProcess(unixServer, [path]) : startProcess(server, words);
    const address: Target = carrier === "unix socket" ? { path } : { host: "127.0.0.1", port };
    try {
      await until("grpc-go's server", () => accepts(address));
      const channel = connect(address, {
        ...(carrier === "TLS" && { tls: { ca: certificate.certificate, serverName: "wire.test" } }),
      });
      for (const [name, run] of Object.entries(cases)) {
        await check(`grpc-go's server, ${carrier}: ${name}`, () => run(channel));
      }
      channel.close();
    } finally {
      await theirs.stop();
    }
  }
}

const orca = JSON.stringify({ loadBalancingConfig: [{ test_backend_metrics_load_balancer: {} }] });

/** All of grpc-go's that need no account in a cloud. */
const goCases: readonly (readonly [name: string, words: readonly string[]])[] = [
  ["empty_unary", []],
  ["large_unary", []],
  ["client_streaming", []],
  ["server_streaming", []],
  ["ping_pong", []],
  ["empty_stream", []],
  ["timeout_on_sleeping_server", []],
  ["cancel_after_begin", []],
  ["cancel_after_first_response", []],
  ["status_code_and_message", []],
  ["special_status_message", []],
  ["custom_metadata", []],
  ["unimplemented_method", []],
  ["unimplemented_service", []],
  ["pick_first_unary", []],
  ["orca_per_rpc", [`-service_config_json=${orca}`]],
  ["orca_oob", [`-service_config_json=${orca}`]],
  ["rpc_soak", ["-soak_iterations=100", "-soak_num_threads=4"]],
  ["channel_soak", ["-soak_iterations=20", "-soak_num_threads=2"]],
];

function target(address: ListenAddress, carrier: Carrier, { certificateFile }: Certificate): string[] {
  if ("path" in address) return [`-server_host=unix:${address.path}`, "-server_port=0"];
  return [
    `-server_host=${address.host}`,
    `-server_port=${address.port}`,
    ...(carrier === "TLS"
      ? ["-use_tls", "-use_test_ca", `-ca_file=${certificateFile}`, "-server_host_override=wire.test"]
      : []),
  ];
}

function serverTls({ certificateFile, privateKeyFile }: Certificate): string[] {
  return ["-use_tls", `-tls_cert_file=${certificateFile}`, `-tls_key_file=${privateKeyFile}`];
}

/** Runs a program to its end, which must be a good one. */
async function run(program: string, words: readonly string[]): Promise<void> {
  const client = startProcess(program, words);
  const ended = await until("its end", () => client.ended(), 60_000).catch(async (error: unknown) => {
    await client.kill();
    throw error;
  });
  if (ended !== "0") throw new Error(`ended with ${ended}:\n${client.log()}`);
}

/** Programs that do not say which port they took must be given one. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createNetServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

function accepts(target: Target): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket({ ...target });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

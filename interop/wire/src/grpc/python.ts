import { join } from "node:path";
import { buildPython, startProcess, temporaryFolder, type Verdicts } from "@trilby/interop-judging";
import { connect, ServingStatus, type ListenAddress, type Target } from "@trilby/wire/grpc";
import { carriers, startOurs } from "./carriers.ts";
import { cases } from "./cases.ts";
import type { Certificate } from "../certificate.ts";
import { descriptor } from "./messages.ts";

/** Python's grpcio, which is gRPC's C core, as the other end. */
export async function judgeByPython({ check, pass, fail }: Verdicts, certificate: Certificate): Promise<void> {
  const { certificateFile, privateKeyFile } = certificate;
  const program = buildPython("wire-grpc-python", folder);
  const start = (name: string, words: readonly string[], onLine: (line: string) => void = () => undefined) =>
    startProcess(program, [join(folder, name), ...words], {
      environment: {
        PYTHONDONTWRITEBYTECODE: "1",
        PYTHONUNBUFFERED: "1",
        INTEROP_DESCRIPTOR: Buffer.from(descriptor).toString("base64"),
      },
      onLine,
    });

  /** A program whose lines are verdicts. */
  const judgeBy = async (
    who: string,
    program: string,
    words: readonly string[],
    onLine?: (line: string) => void,
  ): Promise<void> => {
    const client = start(program, words, onLine);
    await client.line(() => client.ended() !== undefined, 120_000).catch(() => undefined);
    await check(`${who}: ends well`, async () => {
      if (client.ended() !== "0") throw new Error(`ended with ${client.ended()}:\n${client.log()}`);
    });
    for (const line of client.log().split("\n")) {
      const [, verdict, name, why = ""] = /^(ok|FAIL) (\w+) ?(.*)$/.exec(line) ?? [];
      if (verdict === "ok") pass(`${who}: ${name}`);
      else if (verdict === "FAIL") fail(`${who}: ${name}`, why);
    }
  };

  for (const carrier of carriers) {
    const { server, address } = await startOurs(carrier, certificate);
    try {
      const trusted = carrier === "TLS" ? [certificateFile] : [];
      await judgeBy(`grpcio's client, ${carrier}`, "client.py", [nameOf(address), ...trusted]);
    } finally {
      await server.close(0);
    }
  }

  const services = await startOurs("plain", certificate);
  const testService = "grpc.testing.TestService";
  services.health.set(testService, ServingStatus.SERVING);
  await judgeBy("grpcio's services", "services.py", [nameOf(services.address)], (line) => {
    if (line === "watching") services.health.set(testService, ServingStatus.NOT_SERVING);
  });
  await services.server.close(0);

  for (const carrier of carriers) {
    const path = join(temporaryFolder().path, "python.sock");
    const server = start("server.py", [
      carrier === "unix socket" ? `unix:${path}` : "127.0.0.1:0",
      ...(carrier === "TLS" ? [certificateFile, privateKeyFile] : []),
    ]);
    try {
      const line = await server.line((each) => each.startsWith("port "));
      const address: Target =
        carrier === "unix socket" ? { path } : { host: "127.0.0.1", port: Number(line.slice("port ".length)) };
      const channel = connect(address, {
        ...(carrier === "TLS" && { tls: { ca: certificate.certificate, serverName: "wire.test" } }),
      });
      for (const [name, run] of Object.entries(cases)) {
        await check(`grpcio's server, ${carrier}: ${name}`, () => run(channel));
      }
      channel.close();
    } finally {
      await server.stop();
    }
  }
}

const folder = join(import.meta.dirname, "..", "..", "grpc-python");

function nameOf(address: ListenAddress): string {
  return "path" in address ? `unix:${address.path}` : `${address.host}:${address.port}`;
}

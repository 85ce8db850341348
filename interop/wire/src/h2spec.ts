import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildGo, startDaemon, temporaryFolder, trilbyd, type Verdicts } from "@trilby/interop-judging";
import { startPlainServer } from "./plain-server.ts";

/** h2spec, a conformance suite of 145 cases for HTTP/2 servers, and one more for the strict: all of them on a plain handler. */
export async function judgeByH2spec(verdicts: Verdicts): Promise<void> {
  const program = buildGo(
    "wire-h2spec",
    join(import.meta.dirname, "..", "h2spec"),
    ["build"],
    "github.com/summerwind/h2spec/cmd/h2spec",
  );
  const server = await startPlainServer();
  try {
    report("plain", await h2spec(program, server.port, ["--strict"]), verdicts);
    report("TLS", await h2spec(program, server.tlsPort, ["--strict", "--tls", "--insecure"]), verdicts);
  } finally {
    await server.close();
  }
  await judgeDaemon(program, verdicts);
}

interface Case {
  readonly name: string;
  /** What was expected and what came; absent when it passed. */
  readonly problem?: string;
}

/** Many cases want an answer, which a gRPC server gives to nothing but gRPC. */
const ofStockDaprd = 114;

async function judgeDaemon(program: string, { check, note }: Verdicts): Promise<void> {
  const folder = temporaryFolder();
  try {
    await check(`h2spec on trilbyd's gRPC port: no fewer than the ${ofStockDaprd} of a stock daprd`, async () => {
      const daemon = await startDaemon(trilbyd, {
        appId: "h2spec",
        folder: folder.path,
        socketsFolder: folder.path,
        resources: {},
      });
      try {
        const cases = await h2spec(program, Number(daemon.grpc.split(":")[1]), ["--timeout", "1"]);
        const wrong = cases.filter(({ problem }) => problem !== undefined);
        note(`h2spec: trilbyd's gRPC port passes ${cases.length - wrong.length} of ${cases.length}`);
        if (cases.length - wrong.length < ofStockDaprd)
          throw new Error(wrong.map(({ name, problem }) => `${name}: ${problem}`).join("\n"));
      } finally {
        await daemon.process.stop();
      }
    });
  } finally {
    folder.remove();
  }
}

function report(how: string, cases: readonly Case[], verdicts: Verdicts): void {
  for (const { name, problem } of cases) {
    if (problem === undefined) verdicts.pass(`h2spec, ${how}: ${name}`);
    else verdicts.fail(`h2spec, ${how}: ${name}`, problem);
  }
  if (cases.length !== 146) verdicts.fail(`h2spec, ${how}`, `146 cases were to run, ${cases.length} did`);
}

async function h2spec(program: string, port: number, words: readonly string[] = []): Promise<readonly Case[]> {
  const folder = temporaryFolder();
  const results = join(folder.path, "results.xml");
  try {
    const child = spawn(program, ["--port", String(port), "--junit-report", results, ...words], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    // It exits with 1 when a case failed.
    await once(child, "exit");
    return casesOf(readFileSync(results, "utf8"));
  } finally {
    folder.remove();
  }
}

/** Of a JUnit report as h2spec writes it: a skipped case is one that did not pass. */
function casesOf(xml: string): Case[] {
  const found: Case[] = [];
  for (const [, suite, cases] of xml.matchAll(/<testsuite name="([^"]*)"[^>]*>(.*?)<\/testsuite>/gs))
    for (const [, name, inside] of cases!.matchAll(/<testcase [^>]*classname="([^"]*)"[^>]*>(.*?)<\/testcase>/gs)) {
      const problem = inside!
        .replaceAll(/<\/?error>/g, "")
        .replaceAll(/<skipped>.*<\/skipped>/g, "skipped")
        .trim();
      found.push({ name: `${suite}: ${name}`, ...(problem !== "" && { problem }) });
    }
  return found;
}

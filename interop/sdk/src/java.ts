import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { cacheFolder, NotBuilt } from "@trilby/interop-judging";
import type { Language } from "./language.ts";

export const java: Language = {
  name: "java",
  // The SDK's client speaks gRPC, and HTTP only to ask for the daemon's health.
  combinations: [
    { client: "grpc", app: "http" },
    { client: "grpc", app: "grpc" },
  ],
  build() {
    if (spawnSync("java", ["-version"]).status !== 0) throw new NotBuilt("there is no java in PATH: install a JDK 17");
    const built = buildJava(join(import.meta.dirname, "..", "java"));
    // It lives for seconds: little heap, and no time for the slow compiler.
    const sparing = ["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
    const classPath = [join(built, "classes"), join(built, "libs", "*")].join(delimiter);
    return { program: "java", words: [...sparing, "-cp", classPath, "judge.App"] };
  },
};

/** A folder of the cache with `classes` and `libs`, made by Maven when the project changed. */
function buildJava(project: string): string {
  const versions = cacheFolder("judge-sdk-java");
  const target = join(versions, hashOf(project));
  if (existsSync(target)) return target;
  console.log("     building sdk-java with Maven, which fetches 80 MB the first time");
  const started = performance.now();
  const part = join(versions, `part-${process.pid}`);
  const repository = cacheFolder("judge-sdk-java-repository");
  try {
    maven(["compiler:compile", "dependency:copy-dependencies", `-Djudge.build=${part}`], project, repository);
    for (const old of readdirSync(versions).filter((each) => !each.startsWith("part-")))
      rmSync(join(versions, old), { recursive: true });
    renameSync(part, target);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  console.log(`     built sdk-java in ${Math.round((performance.now() - started) / 1_000)} s`);
  return target;
}

/** Without the network where the repository already holds what the project needs. */
function maven(words: readonly string[], project: string, repository: string): void {
  const given = process.env["MAVEN_OPTS"] ?? "";
  const run = (...more: string[]) =>
    spawnSync(
      "nice",
      ["mvn", "--batch-mode", "--quiet", `-Dmaven.repo.local=${repository}`, "-f", project, ...words, ...more],
      { encoding: "utf8", env: { ...process.env, MAVEN_OPTS: `${given} -XX:TieredStopAtLevel=1` } },
    );
  const offline = run("--offline");
  if (offline.status === 0) return;
  // 127: nice found no such program.
  if (offline.error || offline.status === 127) throw new NotBuilt("there is no mvn in PATH: install Maven");
  const online = run();
  if (online.status !== 0) throw new Error(`mvn in ${project} ended with ${online.status}:\n${online.stdout}`);
}

function hashOf(project: string): string {
  const hash = createHash("sha256");
  const names = readdirSync(project, { recursive: true, encoding: "utf8" });
  for (const name of names.filter((each) => /\.java$|^pom\.xml$/.test(each)).sort())
    hash.update(name).update(readFileSync(join(project, name)));
  return hash.digest("hex").slice(0, 16);
}

import { join } from "node:path";
import { createCertificates, type Certificates } from "./certificates.ts";
import { exchange } from "./exchange.ts";
import { cached, findProgram } from "./find.ts";
import { startInstalled } from "./installed-service.ts";
import { ServiceNotRun, type RedisOptions, type Service, type ServiceName } from "./service.ts";

export function startRedis(options: RedisOptions = {}, name: ServiceName = "redis"): Promise<Service> {
  const program = findProgram(name, "Install redis-server, or set TRILBY_REDIS_URL.", "redis-server");
  return start(name, options, program, []);
}

/** With Search and JSON; its libraries want an OpenSSL of their own age, which is kept beside it. */
export function startRedisStack(options: RedisOptions = {}): Promise<Service> {
  const root = cached("redis-stack-7.4.1");
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new ServiceNotRun("redis-stack", "Set TRILBY_REDIS_STACK_URL; the installed one is for Linux x64.");
  }
  const fix = "Run tools/services/install/redis-stack, or set TRILBY_REDIS_STACK_URL.";
  const program = findProgram("redis-stack", fix, "redis-server", join(root, "bin"));
  const modules = ["rejson.so", "redisearch.so"].map((module) => join(root, "lib", module));
  return start("redis-stack", options, program, modules, { LD_LIBRARY_PATH: join(root, "lib") });
}

async function start(
  name: ServiceName,
  options: RedisOptions,
  program: string,
  modules: string[],
  env: Record<string, string> = {},
): Promise<Service> {
  const { password, tls, replicaOf, settings = {} } = options;
  return startInstalled({
    name,
    async prepare({ folder, port }) {
      const certificates = tls ? await createCertificates(join(folder, "tls")) : undefined;
      const flags: Record<string, string> = {
        port: tls ? "0" : String(port),
        bind: "127.0.0.1",
        dir: folder,
        save: "",
        // Written before each answer: SIGKILL loses nothing, only a power cut could.
        appendonly: "yes",
        appendfsync: "everysec",
        "repl-diskless-sync-delay": "0",
        ...(password === undefined ? {} : { requirepass: password, masterauth: password }),
        ...(replicaOf ? { replicaof: `${replicaOf.host} ${replicaOf.port}` } : {}),
        ...(certificates && {
          "tls-port": String(port),
          "tls-ca-cert-file": certificates.caFile,
          "tls-cert-file": certificates.serverCertificateFile,
          "tls-key-file": certificates.serverKeyFile,
          "tls-auth-clients": tls === "mutual" ? "yes" : "no",
        }),
        ...settings,
      };
      const words = Object.entries(flags).flatMap(([key, value]) => [`--${key}`, ...values(key, value)]);
      const login = password === undefined ? "" : `:${encodeURIComponent(password)}@`;
      return {
        command: { file: program, arguments: [...words, ...modules.flatMap((file) => ["--loadmodule", file])], env },
        url: `${tls ? "rediss" : "redis"}://${login}127.0.0.1:${port}`,
        certificates,
        probe: () => answersRedis(port, password, certificates),
      };
    },
  });
}

/** False while it reads its data from disk, too. */
export async function answersRedis(port: number, password?: string, certificates?: Certificates): Promise<boolean> {
  const hello = password === undefined ? "" : `AUTH ${JSON.stringify(password)}\r\n`;
  const answer = (await exchange(port, `${hello}PING\r\n`, certificates)).toString();
  return answer.includes(password === undefined ? "+PONG" : "+OK");
}

// `replicaof host port` is two words of the command line, everything else one.
function values(key: string, value: string): string[] {
  return key === "replicaof" ? value.split(" ") : [value];
}

import { execFile, execFileSync } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { createCertificates, type Certificates } from "./certificates.ts";
import { exchange } from "./exchange.ts";
import { findProgram, postgresFolders } from "./find.ts";
import { startInstalled } from "./installed-service.ts";
import type { PostgresOptions, Service } from "./service.ts";

const run = promisify(execFile);
export const password = "trilby-secret";

interface User {
  uid: number;
  gid: number;
}

/** User and database `postgres`, with a password. */
export function startPostgres(options: PostgresOptions = {}): Promise<Service> {
  const fix = "Install postgresql, or set TRILBY_POSTGRES_URL.";
  const program = findProgram("postgres", fix, "postgres", ...postgresFolders());
  const user = otherUser();
  return startInstalled({
    name: "postgres",
    async prepare({ folder, port }) {
      const data = join(folder, "data");
      await createDatabases(dirname(program), folder, data, user);
      const certificates = options.tls ? await createCertificates(join(folder, "tls")) : undefined;
      if (certificates) installKeys(data, certificates, user);
      writeFileSync(join(data, "pg_hba.conf"), accessRule(options));
      const settings: Record<string, string> = {
        listen_addresses: "127.0.0.1",
        port: String(port),
        unix_socket_directories: "",
        // A killed server loses nothing by these; a power cut would.
        fsync: "off",
        full_page_writes: "off",
        shared_buffers: "16MB",
        ...(certificates && {
          ssl: "on",
          ssl_ca_file: "ca.pem",
          ssl_cert_file: "server.pem",
          ssl_key_file: "server.key",
        }),
        ...options.settings,
      };
      const words = Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
      return {
        // SIGINT is the fast shutdown; SIGTERM would wait for clients to leave.
        command: { file: program, arguments: ["-D", data, ...words], endSignal: "SIGINT", ...(user && { user }) },
        url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
        certificates,
        probe: () => answersPostgres(port),
        family: childrenOf,
      };
    },
  });
}

/** A request for the password (R), or any error (E) but "the database system is starting up". */
export async function answersPostgres(port: number): Promise<boolean> {
  const answer = await exchange(port, startupMessage());
  return answer[0] === 0x52 || (answer[0] === 0x45 && !answer.includes("57P03"));
}

async function createDatabases(programs: string, folder: string, data: string, user: User | undefined): Promise<void> {
  mkdirSync(data, { mode: 0o700 });
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, password);
  if (user) chownSync(data, user.uid, user.gid);
  const options = ["-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"];
  await run(join(programs, "initdb"), ["-D", data, "-U", "postgres", `--pwfile=${passwordFile}`, ...options], {
    cwd: folder,
    ...user,
  });
}

function accessRule({ tls }: PostgresOptions): string {
  if (tls === undefined) return "host all all all scram-sha-256\n";
  return `hostssl all all all scram-sha-256${tls === "mutual" ? " clientcert=verify-ca" : ""}\n`;
}

// PostgreSQL reads a key only when it is its own and nobody else may read it.
function installKeys(data: string, certificates: Certificates, user: User | undefined): void {
  const files: [string, string][] = [
    [certificates.caFile, "ca.pem"],
    [certificates.serverCertificateFile, "server.pem"],
    [certificates.serverKeyFile, "server.key"],
  ];
  for (const [from, name] of files) {
    const to = join(data, name);
    copyFileSync(from, to);
    chmodSync(to, 0o600);
    if (user) chownSync(to, user.uid, user.gid);
  }
}

// PostgreSQL refuses to run as root.
function otherUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    try {
      const id = (flag: string) => Number(execFileSync("id", [flag, name], { stdio: ["ignore", "pipe", "ignore"] }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // No such user.
    }
  }
  throw new Error("PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as");
}

/** The first message of protocol 3.0. */
function startupMessage(): Buffer {
  const body = Buffer.from("\0\x03\0\0user\0postgres\0database\0postgres\0\0", "latin1");
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([length, body]);
}

// Each session is a process of its own, in a group of its own.
function childrenOf(pid: number): number[] {
  try {
    if (process.platform === "linux") {
      return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
    }
    return execFileSync("pgrep", ["-P", String(pid)], { encoding: "utf8" })
      .trim()
      .split("\n")
      .map(Number);
  } catch {
    return [];
  }
}

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { ComponentError } from "@trilby/kit";
import type { PoolConfig } from "pg";
import { readConnectionString, type ConnectionParameters } from "./connection-string.ts";
import type { ConnectionOptions } from "./fields.ts";

type Ssl = Exclude<PoolConfig["ssl"], undefined>;

/**
 * The ways to connect, in the order they are tried: `sslmode=prefer`, the default, is TLS and then without, `allow` the
 * other way round.
 */
export function poolConfigs(options: ConnectionOptions, timeoutMs: number): PoolConfig[] {
  const parameters = readConnectionString(options.connectionString);
  const given = { ...pickText(options), ...(options.port !== undefined && { port: String(options.port) }) };
  for (const [name, value] of Object.entries(given)) if (value) parameters.set(name, value);

  const config = baseConfig(parameters, options, timeoutMs);
  return sslChoices(parameters).map((ssl) => ({ ...config, ssl }));
}

function pickText({
  host,
  hostaddr,
  database,
  user,
  password,
  sslRootCert,
}: ConnectionOptions): Record<string, string> {
  return { host, hostaddr, dbname: database, user, password, sslrootcert: sslRootCert };
}

function baseConfig(parameters: ConnectionParameters, options: ConnectionOptions, timeoutMs: number): PoolConfig {
  const host = parameters.get("hostaddr") ?? parameters.get("host");
  if (host?.includes(",")) throw invalid("several hosts in one connection string are not supported yet");
  const port = parameters.get("port");
  if (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65_535)) throw invalid(`the port ${port} is none`);
  const target = parameters.get("target_session_attrs") ?? "any";
  if (target !== "any") throw invalid(`target_session_attrs=${target} is not supported yet`);
  const connectSeconds = Number(parameters.get("connect_timeout") ?? 0);
  const poolSize = Number(parameters.get("pool_max_conns") ?? 0);

  return {
    ...(host && { host }),
    ...(port && { port: Number(port) }),
    ...text("user", parameters.get("user")),
    ...text("password", parameters.get("password")),
    ...text("database", parameters.get("dbname")),
    ...text("application_name", parameters.get("application_name")),
    ...text("options", serverOptions(parameters)),
    max: options.maxConns > 1 ? options.maxConns : poolSize || Math.max(4, availableParallelism()),
    idleTimeoutMillis: options.connectionMaxIdleTime > 0 ? options.connectionMaxIdleTime : 30 * 60_000,
    connectionTimeoutMillis: connectSeconds > 0 ? Math.min(connectSeconds * 1_000, timeoutMs) : timeoutMs,
    query_timeout: timeoutMs,
    keepAlive: true,
    // Statements of a transaction do not wait for the answer to the one before.
    pipeline: true,
  };
}

const ours = new Set(
  "host hostaddr port user password dbname application_name fallback_application_name options connect_timeout sslmode sslrootcert sslcert sslkey sslpassword sslsni sslnegotiation target_session_attrs passfile service servicefile default_query_exec_mode statement_cache_capacity description_cache_capacity".split(
    " ",
  ),
);

/** Other parameters are settings of the session, such as search_path. */
function serverOptions(parameters: ConnectionParameters): string | undefined {
  const settings = [...parameters].filter(([name]) => !ours.has(name) && !name.startsWith("pool_"));
  const words = settings.map(([name, value]) => `-c ${name}=${value.replace(/[\\\s]/g, "\\$&")}`);
  const all = [parameters.get("options"), ...words].filter(Boolean).join(" ");
  return all === "" ? undefined : all;
}

function sslChoices(parameters: ConnectionParameters): Ssl[] {
  const host = parameters.get("host");
  if (host?.startsWith("/")) return [false];
  const mode = parameters.get("sslmode") ?? process.env["PGSSLMODE"] ?? "prefer";
  const tls = tlsOptions(parameters);
  const name = host && parameters.has("hostaddr") ? { servername: host } : {};
  switch (mode) {
    case "disable":
      return [false];
    case "allow":
      return [false, { ...tls, rejectUnauthorized: false }];
    case "prefer":
      return [{ ...tls, rejectUnauthorized: false }, false];
    case "require":
      // As libpq: with an authority given, its signature is asked for.
      return [{ ...tls, ...name, rejectUnauthorized: tls.ca !== undefined, checkServerIdentity: () => undefined }];
    case "verify-ca":
      return [{ ...tls, ...name, rejectUnauthorized: true, checkServerIdentity: () => undefined }];
    case "verify-full":
      return [{ ...tls, ...name, rejectUnauthorized: true }];
    default:
      throw invalid(`sslmode must be disable, allow, prefer, require, verify-ca or verify-full, but is ${mode}`);
  }
}

function tlsOptions(parameters: ConnectionParameters) {
  const root = parameters.get("sslrootcert");
  return {
    ...(root && root !== "system" && { ca: readFile("sslrootcert", root) }),
    ...(parameters.has("sslcert") && { cert: readFile("sslcert", parameters.get("sslcert")!) }),
    ...(parameters.has("sslkey") && { key: readFile("sslkey", parameters.get("sslkey")!) }),
    ...(parameters.has("sslpassword") && { passphrase: parameters.get("sslpassword")! }),
  };
}

function readFile(parameter: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new ComponentError("invalid-metadata", `${parameter}: cannot read ${file}`, { cause });
  }
}

function text<Name extends string>(name: Name, value: string | undefined): Partial<Record<Name, string>> {
  return value ? ({ [name]: value } as Record<Name, string>) : {};
}

function invalid(problem: string): ComponentError {
  return new ComponentError("invalid-metadata", `connectionString: ${problem}`);
}

import { durationMs } from "@trilby/kit";

import { type FlagValues, FlagError } from "./flag-values.ts";
import { type Flag, flags } from "./flags.ts";
import type { AppOptions, HostOptions, LogLevel } from "./options.ts";
import { parseQuantityBytes } from "./quantity.ts";

/** A command line that can be read but asks for what cannot be: exit code 1. */
export class OptionsError extends Error {
  override readonly name = "OptionsError";
}

export interface ReadOptions {
  readonly options: HostOptions;
  /** For the log, once there is one: deprecated flags, flags without effect. */
  readonly warnings: readonly string[];
}

/** The options of the host from its command line and environment, checked by the rules and in the words of daprd. */
export function readHostOptions(values: FlagValues, environment: NodeJS.ProcessEnv): ReadOptions {
  const appId = values.text("app-id") ?? "";
  if (appId === "") throw new OptionsError("parameter app-id cannot be empty: add --app-id NAME");
  if (appId.includes(".")) throw new OptionsError(`parameter app-id cannot contain dots, but is "${appId}"`);
  refuseWhatIsNotThere(values);

  const httpPort = port(values, "dapr-http-port") ?? 3500;
  const grpcPort = port(values, "dapr-grpc-port") ?? 50001;
  const app = appOptions(values, environment);
  if (app.port !== undefined && app.port === httpPort) {
    throw new OptionsError(`the 'dapr-http-port' argument value ${httpPort} conflicts with 'app-port'`);
  }
  if (app.port !== undefined && app.port === grpcPort) {
    throw new OptionsError(`the 'dapr-grpc-port' argument value ${grpcPort} conflicts with 'app-port'`);
  }
  const publicPort = port(values, "dapr-public-port");
  const metricsPort = port(values, "metrics-port") ?? 9090;
  const metricsEnabled = values.switch("enable-metrics");
  refuseSharedPorts([
    ["dapr-http-port", values.text("unix-domain-socket") ? 0 : httpPort],
    ["dapr-grpc-port", values.text("unix-domain-socket") ? 0 : grpcPort],
    ["dapr-public-port", publicPort ?? 0],
    ["metrics-port", metricsEnabled ? metricsPort : 0],
  ]);

  const options: HostOptions = {
    appId,
    namespace: environment["NAMESPACE"] || undefined,
    app,
    api: {
      // IPv6 addresses come in brackets, as Dapr's injector writes them.
      listenAddresses: commaSeparated(values.text("dapr-listen-addresses")).map((host) =>
        host.replace(/^\[(.*)\]$/, "$1"),
      ),
      httpPort,
      grpcPort,
      publicPort,
      publicListenAddress: values.text("dapr-public-listen-address") || undefined,
      unixDomainSocket: values.text("unix-domain-socket") || undefined,
      token: environment["DAPR_API_TOKEN"] || undefined,
      allowedOrigins: commaSeparated(values.text("allowed-origins")),
      maxBodyBytes: bytes(values, "max-body-size", "dapr-http-max-request-size", 2 ** 20),
      maxHeaderBytes: bytes(values, "read-buffer-size", "dapr-http-read-buffer-size", 2 ** 10),
      ...(truthy.has((environment["DAPR_HTTP_DISABLE_H2C"] ?? "").trim().toLowerCase()) && { h2c: false }),
      apiLogging: values.changed("enable-api-logging") ? values.switch("enable-api-logging") : undefined,
    },
    metrics: { enabled: metricsEnabled, host: values.text("metrics-listen-address") || "0.0.0.0", port: metricsPort },
    log: { level: logLevel(values), json: values.switch("log-as-json"), file: values.text("log-file") || undefined },
    resourcesPaths: resourcesPaths(values),
    configPaths: values.list("config"),
    componentsSocketsFolder:
      environment["DAPR_COMPONENTS_SOCKETS_FOLDER"] ||
      environment["DAPR_COMPONENT_SOCKETS_FOLDER"] ||
      "/tmp/dapr-components-sockets",
    placement: placement(values),
    disableInitEndpoints: initEndpoints(values),
    gracefulShutdownSeconds: orDefault(values.integer("dapr-graceful-shutdown-seconds"), (seconds) => seconds >= 0, 5),
    blockShutdownMs: values.changed("dapr-block-shutdown-duration")
      ? duration(values, "dapr-block-shutdown-duration")
      : undefined,
    envKeys: environment["DAPR_ENV_KEYS"]
      ? environment["DAPR_ENV_KEYS"].split(" ").filter((name) => name !== "")
      : undefined,
  };
  // Flags of which only the form matters yet.
  duration(values, "hot-reload-reconcile-interval");
  if (duration(values, "actors-disseminate-timeout") <= 0) {
    throw new OptionsError(
      `invalid value for 'actors-disseminate-timeout' option: must be positive, got ${values.text("actors-disseminate-timeout")}`,
    );
  }
  return { options, warnings: warnings(values) };
}

function refuseWhatIsNotThere(values: FlagValues): void {
  const mode = values.text("mode") ?? "standalone";
  if (mode === "kubernetes") {
    throw new OptionsError(
      "--mode kubernetes is not available in this version: use --mode standalone, which reads resources from --resources-path",
    );
  }
  if (mode !== "standalone") throw new OptionsError(`invalid mode: ${mode}; use standalone`);
  // Taking the flag and serving in the clear would be a lie about security.
  if (values.switch("enable-mtls")) {
    throw new OptionsError(
      "--enable-mtls is not available in this version, so traffic would not be encrypted: leave the flag out, or set --enable-mtls=false",
    );
  }
}

const truthy = new Set(["y", "yes", "true", "t", "on", "1"]);

function appOptions(values: FlagValues, environment: NodeJS.ProcessEnv): AppOptions {
  const timeout = duration(values, "app-binding-options-timeout");
  return {
    port: port(values, "app-port") || undefined,
    protocol: appProtocol(values),
    host: values.text("app-channel-address") || "127.0.0.1",
    token: environment["APP_API_TOKEN"] || undefined,
    maxConcurrency: Math.max(0, values.integer("app-max-concurrency")),
    health: appHealth(values),
    bindingOptionsTimeoutMs: timeout > 0 ? timeout : 3000,
  };
}

function appProtocol(values: FlagValues): AppOptions["protocol"] {
  const written = values.text("app-protocol") ?? "";
  const protocol = written.toLowerCase() || "http";
  switch (protocol) {
    case "http":
      return values.switch("app-ssl") && written !== "" ? "https" : "http";
    case "grpc":
      return values.switch("app-ssl") ? "grpcs" : "grpc";
    case "https":
    case "h2c":
    case "grpcs":
      return protocol;
    default:
      throw new OptionsError(`invalid value for 'app-protocol': ${written}; use http, https, h2c, grpc or grpcs`);
  }
}

function appHealth(values: FlagValues): AppOptions["health"] {
  const intervalMs = orDefault(values.integer("app-health-probe-interval"), (seconds) => seconds > 0, 5) * 1000;
  const timeoutMs = orDefault(values.integer("app-health-probe-timeout"), (milliseconds) => milliseconds > 0, 500);
  if (timeoutMs > intervalMs) {
    throw new OptionsError(
      `value for 'health-probe-timeout' must be smaller than 'health-probe-interval', but --app-health-probe-timeout is ${timeoutMs} ms and --app-health-probe-interval ${intervalMs} ms`,
    );
  }
  if (!values.switch("enable-app-health-check")) return undefined;
  const threshold = orDefault(values.integer("app-health-threshold"), (count) => count >= 1 && count < 2 ** 31 - 1, 3);
  return { path: values.text("app-health-check-path") || "/healthz", intervalMs, timeoutMs, threshold };
}

function logLevel(values: FlagValues): LogLevel {
  const level = (values.text("log-level") ?? "info").toLowerCase();
  switch (level) {
    case "debug":
    case "info":
    case "warn":
    case "error":
    case "fatal":
      return level;
    case "warning":
      return "warn";
    default:
      throw new OptionsError(`invalid value for --log-level: ${level}; use debug, info, warn, error or fatal`);
  }
}

function placement(values: FlagValues): HostOptions["placement"] {
  const written = values.text("placement");
  if (written === undefined || written === "") return undefined;
  if (written === "in-process" || written === "child") return written;
  throw new OptionsError(`invalid value for 'placement': ${written}; use in-process or child`);
}

function initEndpoints(values: FlagValues): HostOptions["disableInitEndpoints"] {
  const endpoints: ("config" | "subscribe")[] = [];
  for (const written of values.list("disable-init-endpoints")) {
    const endpoint = written.trim().toLowerCase();
    if (endpoint === "") continue;
    if (endpoint !== "config" && endpoint !== "subscribe") {
      throw new OptionsError(`invalid value for 'disable-init-endpoints': ${endpoint}; use config, subscribe or both`);
    }
    endpoints.push(endpoint);
  }
  return endpoints;
}

function resourcesPaths(values: FlagValues): readonly string[] {
  const paths = values.list("resources-path");
  const older = values.text("components-path");
  return paths.length > 0 || !older ? paths : [older];
}

function port(values: FlagValues, name: string): number | undefined {
  const written = values.text(name);
  if (written === undefined || written === "") return undefined;
  const parsed = /^\d+$/.test(written) ? Number(written) : Number.NaN;
  if (parsed >= 0 && parsed <= 65535) return parsed;
  throw new OptionsError(`error parsing ${name} flag: "${written}" is not a port; use a number from 0 to 65535`);
}

function refuseSharedPorts(ports: readonly (readonly [flag: string, port: number])[]): void {
  const taken = new Map<number, string>();
  for (const [flag, port] of ports) {
    if (port === 0) continue;
    const other = taken.get(port);
    if (other !== undefined) throw new OptionsError(`the '${flag}' argument value ${port} conflicts with '${other}'`);
    taken.set(port, flag);
  }
}

function bytes(values: FlagValues, name: string, older: string, olderUnit: number): number {
  if (!values.changed(name) && values.changed(older)) {
    const amount = values.integer(older);
    if (amount !== -1) return amount > 0 ? amount * olderUnit : amount;
    return parseQuantityBytes(fallbackOf(name)) ?? 0;
  }
  const written = values.text(name) ?? "";
  const parsed = parseQuantityBytes(written);
  if (parsed === undefined) {
    throw new OptionsError(
      `invalid value for '${name}' option: "${written}" is not a size; write for example ${fallbackOf(name)}`,
    );
  }
  return parsed === -1 ? (parseQuantityBytes(fallbackOf(name)) ?? 0) : parsed;
}

function duration(values: FlagValues, name: string): number {
  const written = values.text(name) ?? "0";
  try {
    return Math.ceil(durationMs(written));
  } catch (error) {
    throw new FlagError(`invalid argument "${written}" for "--${name}" flag: ${(error as Error).message}`);
  }
}

function warnings(values: FlagValues): string[] {
  const lines: string[] = [];
  for (const flag of flags) {
    if (flag.deprecated && values.changed(flag.name))
      lines.push(`Flag --${flag.name} has been deprecated, ${flag.deprecated}`);
  }
  const lacking = flags.filter((flag) => flag.lacking && isMeant(flag, values));
  if (lacking.length > 0) {
    const named = lacking.map((flag) => `--${flag.name} (${flag.lacking})`).join(", ");
    lines.push(`Flags without effect, because this version has not what they are for: ${named}`);
  }
  return lines;
}

/** Tools write flags out that they leave at their fallback, or empty. */
function isMeant({ name, fallback = "false" }: Flag, values: FlagValues): boolean {
  return values.changed(name) && values.text(name) !== "" && values.text(name) !== fallback;
}

function fallbackOf(name: string): string {
  return flags.find((flag) => flag.name === name)?.fallback ?? "";
}

function commaSeparated(written: string | undefined): string[] {
  return (written ?? "")
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

function orDefault(value: number, valid: (value: number) => boolean, fallback: number): number {
  return valid(value) ? value : fallback;
}

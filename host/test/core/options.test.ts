import assert from "node:assert/strict";
import { test } from "vitest";

import { FlagError, parseFlags } from "../../src/options/flag-values.ts";
import { flags } from "../../src/options/flags.ts";
import { helpText } from "../../src/options/help.ts";
import { OptionsError, readHostOptions } from "../../src/options/host-options.ts";
import { parseQuantityBytes } from "../../src/options/quantity.ts";

const read = (argv: string[], environment: NodeJS.ProcessEnv = {}) => readHostOptions(parseFlags(argv), environment);
const options = (argv: string[], environment: NodeJS.ProcessEnv = {}) =>
  read(["--app-id", "shop", ...argv], environment).options;

test("defaults are those of daprd", () => {
  assert.deepEqual(options([]), {
    appId: "shop",
    namespace: undefined,
    app: {
      port: undefined,
      protocol: "http",
      host: "127.0.0.1",
      token: undefined,
      maxConcurrency: 0,
      health: undefined,
      bindingOptionsTimeoutMs: 3000,
    },
    api: {
      listenAddresses: [],
      httpPort: 3500,
      grpcPort: 50001,
      publicPort: undefined,
      publicListenAddress: undefined,
      unixDomainSocket: undefined,
      token: undefined,
      allowedOrigins: [],
      maxBodyBytes: 4 * 1024 * 1024,
      maxHeaderBytes: 4 * 1024,
      apiLogging: undefined,
    },
    metrics: { enabled: true, host: "0.0.0.0", port: 9090 },
    log: { level: "info", json: false, file: undefined },
    resourcesPaths: [],
    configPaths: [],
    componentsSocketsFolder: "/tmp/dapr-components-sockets",
    placement: undefined,
    disableInitEndpoints: [],
    gracefulShutdownSeconds: 5,
    blockShutdownMs: undefined,
    envKeys: undefined,
  });
});

test("one dash, two dashes, = and a following word mean the same; the last wins", () => {
  for (const argv of [
    ["-app-port", "6000"],
    ["--app-port", "6000"],
    ["-app-port=6000"],
    ["--app-port=5", "--app-port=6000"],
  ]) {
    assert.equal(options(argv).app.port, 6000);
  }
});

test("lists come from repetition and from commas", () => {
  assert.deepEqual(options(["--resources-path", "a,b", "--resources-path=c"]).resourcesPaths, ["a", "b", "c"]);
  assert.deepEqual(options(["--config=x.yaml", "--config", "y.yaml"]).configPaths, ["x.yaml", "y.yaml"]);
});

test("switches take Go's words and no following word", () => {
  assert.equal(options(["--enable-metrics=F"]).metrics.enabled, false);
  assert.equal(options(["--log-as-json", "false"]).log.json, true);
  assert.throws(
    () => options(["--log-as-json=maybe"]),
    new FlagError('invalid argument "maybe" for "--log-as-json" flag: write true or false'),
  );
});

test("an unknown flag is an error with a suggestion", () => {
  assert.throws(
    () => parseFlags(["--ap-port", "1"]),
    new FlagError("unknown flag: --ap-port; did you mean --app-port?"),
  );
  assert.throws(() => parseFlags(["--zzzzzzzzz"]), new FlagError("unknown flag: --zzzzzzzzz"));
  assert.throws(() => parseFlags(["--app-id"]), new FlagError("flag needs an argument: --app-id"));
});

test("every flag of the table is taken, at its fallback or a value of its kind", () => {
  const sample = { text: "", switch: "false", integer: "7", list: "", duration: "2s", quantity: "1Mi", port: "" };
  for (const flag of flags) {
    if (flag.name === "app-id") continue;
    assert.ok(read(["--app-id=shop", `--${flag.name}=${flag.fallback ?? sample[flag.kind]}`]).options, flag.name);
  }
});

test("deprecated spellings work and are warned of", () => {
  const { options: found, warnings } = read([
    "--app-id=shop",
    "--components-path=old",
    "--app-ssl",
    "--dapr-http-max-request-size=8",
    "--dapr-http-read-buffer-size=16",
  ]);
  assert.deepEqual(found.resourcesPaths, ["old"]);
  assert.equal(found.app.protocol, "https");
  assert.equal(found.api.maxBodyBytes, 8 * 1024 * 1024);
  assert.equal(found.api.maxHeaderBytes, 16 * 1024);
  assert.equal(warnings.length, 4);
  assert.ok(warnings.includes("Flag --components-path has been deprecated, use --resources-path"));
});

test("the newer spelling of a size wins over the deprecated one", () => {
  assert.equal(options(["--max-body-size=1Ki", "--dapr-http-max-request-size=8"]).api.maxBodyBytes, 1024);
  assert.equal(options(["--dapr-http-max-request-size=-1"]).api.maxBodyBytes, 4 * 1024 * 1024);
  assert.equal(options(["--max-body-size=0"]).api.maxBodyBytes, 0);
});

test("flags of capabilities that are not there are named in one warning, those at their fallback are not", () => {
  const { warnings } = read([
    "--app-id=shop",
    "--placement-host-address=localhost:50005",
    "--scheduler-host-address=localhost:50006",
    "--scheduler-job-streams=3",
    "--enable-mtls=false",
    "--enable-profiling=false",
    "--sentry-address=",
  ]);
  assert.deepEqual(warnings, [
    "Flags without effect, because this version has not what they are for: " +
      "--placement-host-address (actors and workflows), --scheduler-host-address (jobs, reminders and workflows)",
  ]);
});

const refused: [argv: string[], message: RegExp][] = [
  [[], /^parameter app-id cannot be empty/],
  [["--app-id=a.b"], /^parameter app-id cannot contain dots/],
  [["--app-id=a", "--app-port=3500"], /^the 'dapr-http-port' argument value 3500 conflicts with 'app-port'$/],
  [["--app-id=a", "--app-port=50001"], /^the 'dapr-grpc-port' argument value 50001 conflicts with 'app-port'$/],
  [
    ["--app-id=a", "--dapr-grpc-port=3500"],
    /^the 'dapr-grpc-port' argument value 3500 conflicts with 'dapr-http-port'$/,
  ],
  [["--app-id=a", "--metrics-port=3500"], /^the 'metrics-port' argument value 3500 conflicts with 'dapr-http-port'$/],
  [["--app-id=a", "--dapr-http-port=70000"], /^error parsing dapr-http-port flag: "70000" is not a port/],
  [["--app-id=a", "--app-port=x"], /^error parsing app-port flag: "x" is not a port/],
  [["--app-id=a", "--app-protocol=ftp"], /^invalid value for 'app-protocol': ftp/],
  [
    ["--app-id=a", "--app-health-probe-timeout=6000"],
    /^value for 'health-probe-timeout' must be smaller than 'health-probe-interval'/,
  ],
  [["--app-id=a", "--disable-init-endpoints=config,other"], /^invalid value for 'disable-init-endpoints': other/],
  [["--app-id=a", "--log-level=loud"], /^invalid value for --log-level: loud/],
  [["--app-id=a", "--mode=kubernetes"], /^--mode kubernetes is not available/],
  [["--app-id=a", "--enable-mtls"], /^--enable-mtls is not available/],
  [["--app-id=a", "--max-body-size=lots"], /^invalid value for 'max-body-size' option: "lots"/],
  [
    ["--app-id=a", "--actors-disseminate-timeout=0"],
    /^invalid value for 'actors-disseminate-timeout' option: must be positive/,
  ],
  [["--app-id=a", "--placement=socket"], /^invalid value for 'placement': socket/],
];
for (const [argv, message] of refused) {
  test(`refused: ${argv.join(" ") || "no flags"}`, () => {
    assert.throws(
      () => read(argv),
      (error) => error instanceof OptionsError && message.test(error.message),
    );
  });
}

test("a duration without a unit is a bad flag", () => {
  assert.throws(() => options(["--dapr-block-shutdown-duration=5"]), FlagError);
  assert.equal(options(["--dapr-block-shutdown-duration=1m30s"]).blockShutdownMs, 90_000);
});

test("app health is probed only when switched on, odd numbers fall back", () => {
  assert.equal(options(["--app-health-threshold=9"]).app.health, undefined);
  assert.deepEqual(
    options(["--enable-app-health-check", "--app-health-probe-interval=0", "--app-health-threshold=0"]).app.health,
    {
      path: "/healthz",
      intervalMs: 5000,
      timeoutMs: 500,
      threshold: 3,
    },
  );
});

test("listen addresses are bare hosts", () => {
  assert.deepEqual(options(["--dapr-listen-addresses=[::1],127.0.0.1"]).api.listenAddresses, ["::1", "127.0.0.1"]);
});

test("the environment gives tokens, namespace, socket folder and env keys", () => {
  const found = options([], {
    DAPR_API_TOKEN: "t1",
    APP_API_TOKEN: "t2",
    NAMESPACE: "prod",
    DAPR_COMPONENTS_SOCKETS_FOLDER: "/run/sockets",
    DAPR_ENV_KEYS: "A  B",
  });
  assert.equal(found.api.token, "t1");
  assert.equal(found.app.token, "t2");
  assert.equal(found.namespace, "prod");
  assert.equal(found.componentsSocketsFolder, "/run/sockets");
  assert.deepEqual(found.envKeys, ["A", "B"]);
});

test("api logging has three states", () => {
  assert.equal(options([]).api.apiLogging, undefined);
  assert.equal(options(["--enable-api-logging=false"]).api.apiLogging, false);
  assert.equal(options(["--enable-api-logging"]).api.apiLogging, true);
});

test("quantities are those of Kubernetes", () => {
  assert.equal(parseQuantityBytes("4Mi"), 4 * 2 ** 20);
  assert.equal(parseQuantityBytes("1.5k"), 1500);
  assert.equal(parseQuantityBytes("1e3"), 1000);
  assert.equal(parseQuantityBytes("0"), 0);
  assert.equal(parseQuantityBytes("1.5"), undefined);
  assert.equal(parseQuantityBytes("4MB"), undefined);
});

test("help names every flag that is not hidden", () => {
  for (const flag of flags)
    assert.equal(
      helpText().includes(`--${flag.name} `) || helpText().includes(`--${flag.name}\n`),
      !flag.hidden,
      flag.name,
    );
});

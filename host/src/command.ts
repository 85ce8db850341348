import type { CompiledCode } from "./compile-cache.ts";
import type { Log } from "./observability/log.ts";
import { FlagError, type FlagValues, parseFlags } from "./options/flag-values.ts";
import { OptionsError, readHostOptions, type ReadOptions } from "./options/host-options.ts";
import type { HostOptions } from "./options/options.ts";
import { daprVersion, hostVersion } from "./options/version.ts";

/** The command `trilbyd`. Everything heavier than the flags is imported after them: --version and a mistyped flag answer at once. */
export async function run(argv: readonly string[], code: Pick<CompiledCode, "save">): Promise<void> {
  try {
    if (argv.some((word) => ["-h", "--help", "-help"].includes(word))) {
      const { helpText } = await import("./options/help.ts");
      process.stdout.write(helpText());
    } else {
      const values = parseFlags(argv);
      if (!(await answered(values))) await serve(values, code);
    }
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    process.stderr.write(`${error.message}\nRun trilbyd --help for all flags.\n`);
    process.exitCode = 2;
  }
}

/** The flags that ask for something else than a host. */
async function answered(values: FlagValues): Promise<boolean> {
  if (values.switch("version")) process.stdout.write(`${hostVersion()}\n`);
  else if (values.switch("build-info"))
    process.stdout.write(`Version: ${hostVersion()}\nDapr API: ${daprVersion}\nNode: ${process.version}\n`);
  else if (values.switch("wait")) {
    const { waitUntilServing } = await import("./wait-until-serving.ts");
    await waitUntilServing(values.integer("dapr-http-port"));
  } else return false;
  return true;
}

async function serve(values: FlagValues, code: Pick<CompiledCode, "save">): Promise<void> {
  const { daemon, openLog } = await import("./daemon.ts");
  const identity = { appId: values.text("app-id") ?? "", version: daprVersion };
  const openTheLog = (options: HostOptions["log"]): Log => {
    try {
      return openLog(options, identity);
    } catch (error) {
      throw new OptionsError(`the log cannot be opened: ${(error as Error).message}; correct --log-file`);
    }
  };
  let read: ReadOptions;
  let log: Log;
  try {
    read = readHostOptions(values, process.env);
    log = openTheLog(read.options.log);
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    log = openLog({ level: "info", json: values.switch("log-as-json"), file: undefined }, identity);
    log.fatal("dapr.runtime", `Fatal error from runtime: ${error.message}`);
    process.exitCode = 1;
    return;
  }
  // Whatever a component left behind must not keep the process alive.
  process.exit(await daemon(read, log, code));
}

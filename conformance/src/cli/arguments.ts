import { parseArgs } from "node:util";

export interface Arguments {
  readonly file: string | undefined;
  readonly command: string | undefined;
  readonly socket: string | undefined;
  readonly package: string | undefined;
  readonly settings: string | undefined;
  readonly name: string | undefined;
  readonly placement: "in-process" | "socket" | undefined;
  readonly only: string | undefined;
  readonly timeoutMs: number;
  readonly json: string | undefined;
  readonly junit: string | undefined;
  readonly html: string | undefined;
  readonly certificate: string | undefined;
  readonly verbose: boolean;
  readonly list: boolean;
  readonly show: "help" | "version" | undefined;
}

/** Throws an Error for people when an argument is not known, or does not fit with another. */
export function parseArguments(words: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...words],
    strict: true,
    allowPositionals: true,
    options: {
      command: { type: "string" },
      socket: { type: "string" },
      package: { type: "string" },
      settings: { type: "string" },
      name: { type: "string" },
      placement: { type: "string" },
      only: { type: "string" },
      timeout: { type: "string", default: "30" },
      json: { type: "string" },
      junit: { type: "string" },
      html: { type: "string" },
      certificate: { type: "string" },
      verbose: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
      version: { type: "boolean", short: "v", default: false },
    },
  });
  const { help, version, timeout, placement, ...rest } = values;
  if (positionals.length > 1) throw new Error(`One component at a time: leave out ${positionals.slice(1).join(" ")}.`);
  const ways = (["command", "socket", "package"] as const).filter((each) => values[each] !== undefined);
  if (ways.length > 1) throw new Error(`--${ways.join(" and --")} exclude each other.`);
  if (placement !== undefined && placement !== "in-process" && placement !== "socket") {
    throw new Error(`--placement is in-process or socket, not ${placement}.`);
  }
  const seconds = Number(timeout);
  if (!(seconds > 0)) throw new Error(`--timeout is a number of seconds, not ${timeout}.`);
  const show = help ? "help" : version ? "version" : undefined;
  if (show === undefined && positionals.length === 0)
    throw new Error("Name the component's YAML file; --help tells more.");
  return {
    file: positionals[0],
    command: rest.command,
    socket: rest.socket,
    package: rest.package,
    settings: rest.settings,
    name: rest.name,
    placement,
    only: rest.only,
    timeoutMs: seconds * 1_000,
    json: rest.json,
    junit: rest.junit,
    html: rest.html,
    certificate: rest.certificate,
    verbose: rest.verbose,
    list: rest.list,
    show,
  };
}

export const helpText = `Certifies a Dapr component of any language against its protocol and Trilby's contract.

  conformance component.yaml                            the installed package that has spec.type, in-process and over a socket
  conformance component.yaml --command "python comp.py" starts a component that listens in $DAPR_COMPONENTS_SOCKETS_FOLDER
  conformance component.yaml --socket /run/comp.sock    a component that already runs

  --package NAME|FOLDER   this package, whatever else is installed
  --settings FILE         facts of the backend and known deviations; default: conformance.yaml beside the component's file, else in its package
  --name NAME             the Component of that name, where the file holds several
  --placement PLACEMENT   in-process or socket alone
  --only TEXT             only cases whose id contains it (gives no certificate)
  --timeout SECONDS       for starting and initialising; default 30
  --json FILE  --junit FILE  --html FILE               reports
  --certificate FILE      certificate.json, when certified
  --list                  the cases that apply to the kind, without running any
  --verbose               skipped cases too, and stacks of failures
  --help, --version

In --command, {socket} stands for the path of a private socket. Exit code: 0 certified, 1 not certified, 2 could not start.
`;

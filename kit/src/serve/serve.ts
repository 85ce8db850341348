import { join } from "node:path";
import type { ComponentDefinition } from "../contract/definition.ts";
import { helpText, parseArguments } from "./arguments.ts";
import type { Arguments } from "./arguments.ts";
import { createLog } from "./log.ts";
import { exitOnEnd } from "./process-end.ts";
import { socketNames, socketsFolder } from "./socket-names.ts";
import { startServing } from "./start-serving.ts";

export interface ServeOptions {
  /** What `--version` prints: the package's own. */
  readonly version?: string;
  /** How long deliveries under way may take at the end. Default 10 s. */
  readonly drainMs?: number;
}

/**
 * The whole of a component's executable: reads the command line and the environment, serves the declarations on Dapr's
 * sockets folder, and ends the process in good order. `await serve(component)` is all a package needs.
 */
export async function serve(
  definitions: ComponentDefinition | readonly ComponentDefinition[],
  options: ServeOptions = {},
): Promise<void> {
  const all: readonly ComponentDefinition[] = Array.isArray(definitions)
    ? definitions
    : [definitions as ComponentDefinition];
  const environment = process.env;
  const log = createLog({
    level: environment["TRILBY_LOG_LEVEL"],
    json: environment["TRILBY_LOG_FORMAT"] === "json",
    write: (line) => process.stderr.write(line),
  });
  const end = exitOnEnd(log(), options.drainMs ?? 10_000, environment["TRILBY_PARENT"] === "stdin");
  try {
    const args = parseArguments(process.argv.slice(2));
    if (args.show !== undefined) {
      process.stdout.write(await shown(args.show, all, options));
      process.exit(0);
    }
    const maxMessageBytes = Number(environment["TRILBY_MAX_MESSAGE_BYTES"]) || undefined;
    for (const { sockets, served } of plan(select(all, args.only), args, environment)) {
      const serving = await startServing(served, {
        sockets,
        maxMessageBytes,
        logger: ({ type }, name) => log({ type, ...(name !== "" && { component: name }) }),
      });
      end.closeFirst(serving);
      for (const socket of sockets) process.stdout.write(`trilby component ready ${socket}\n`);
    }
  } catch (error) {
    log().error(error instanceof Error ? error.message : String(error));
    await end.close();
    process.exit(1);
  }
}

/** `only`: a type or an alias, and a version behind a slash. */
export function select(
  definitions: readonly ComponentDefinition[],
  only: string | undefined,
): readonly ComponentDefinition[] {
  if (only === undefined) return definitions;
  const [type = "", version] = only.split("/");
  const found = definitions.filter(
    (each) =>
      (each.type === type || each.aliases?.includes(type)) && (version === undefined || each.version === version),
  );
  if (found.length > 0) return found;
  const known = definitions.map((each) => `${each.type}/${each.version}`);
  throw new Error(`This package has no component ${only}: it has ${known.join(", ")}.`);
}

export interface PlannedSockets {
  readonly sockets: readonly string[];
  readonly served: readonly ComponentDefinition[];
}

/** Which declarations answer on which sockets. Sockets with the same declarations share their instances. */
export function plan(
  definitions: readonly ComponentDefinition[],
  { socket, socketsFolder: folder, name }: Pick<Arguments, "socket" | "socketsFolder" | "name">,
  environment: Readonly<Record<string, string | undefined>>,
): PlannedSockets[] {
  const bySocket = new Map<string, ComponentDefinition[]>();
  for (const definition of definitions) {
    const names = name === undefined ? socketNames(definition) : [name];
    const paths =
      socket === undefined ? names.map((each) => join(folder ?? socketsFolder(environment), `${each}.sock`)) : [socket];
    for (const path of paths) {
      const served = bySocket.get(path) ?? [];
      const other = served.find(({ kind }) => kind === definition.kind);
      if (other)
        throw new Error(`${definition.type} and ${other.type} would both answer for ${definition.kind} on ${path}.`);
      bySocket.set(path, [...served, definition]);
    }
  }
  const groups = Map.groupBy(bySocket, ([, served]) => served.map(({ type, version }) => `${type}/${version}`).join());
  return [...groups.values()].map((group) => ({ sockets: group.map(([path]) => path), served: group[0]![1] }));
}

async function shown(
  what: NonNullable<Arguments["show"]>,
  definitions: readonly ComponentDefinition[],
  { version }: ServeOptions,
): Promise<string> {
  const types = definitions.map(({ type }) => type);
  if (what === "help") return helpText(types);
  if (what === "version") return `${types.join(", ")} ${version ?? definitions[0]?.version ?? ""}\n`;
  const { componentMetadata } = await import("../manifest/index.ts");
  return `${JSON.stringify(definitions.map(componentMetadata), undefined, 2)}\n`;
}

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Kind } from "@trilby/kit";
import { defaultFacts, type FactsOf } from "../core/facts.ts";
import type { Placement } from "../core/world.ts";
import { childProcess } from "../placements/child-process.ts";
import { inProcess } from "../placements/in-process.ts";
import { liveSocket } from "../placements/live-socket.ts";
import type { ComponentFacts, Report } from "../reports/report.ts";
import { parseSettings, settingsFile, type Settings } from "../settings.ts";
import { casesOf } from "../suites.ts";
import type { Arguments } from "./arguments.ts";
import type { ComponentFile } from "./component-file.ts";
import { commandOf, findPackage, loadDefinition, type FoundPackage } from "./find-package.ts";
import { splitWords } from "./split-words.ts";

/** What is to be run, and where. */
export interface Plan {
  readonly component: Omit<ComponentFacts, "features">;
  readonly package?: NonNullable<Report["package"]>;
  readonly placements: readonly Placement[];
  readonly facts: FactsOf[Kind];
  readonly known: Readonly<Record<string, string>>;
}

export async function planRun(component: ComponentFile, args: Arguments): Promise<Plan> {
  const { kind, type, version, properties } = component;
  const beside = dirname(resolve(component.file));
  const common = { kind, properties, initTimeoutMs: args.timeoutMs };
  if (args.socket !== undefined) {
    return {
      component: { type, version, kind },
      placements: [liveSocket({ ...common, socket: args.socket })],
      ...settingsOf(component, args, [beside]),
    };
  }
  if (args.command !== undefined) {
    const command = splitWords(args.command);
    const placements = [childProcess({ ...common, command, startTimeoutMs: args.timeoutMs })];
    return { component: { type, version, kind }, placements, ...settingsOf(component, args, [beside]) };
  }
  const found = findPackage(type, version, [beside, process.cwd()], args.package);
  return { ...(await planPackage(found, component, args)), ...settingsOf(component, args, [beside, found.folder]) };
}

async function planPackage(found: FoundPackage, { properties }: ComponentFile, args: Arguments) {
  const definition = await loadDefinition(found);
  const { type, version, kind, title, description, status } = definition;
  const placements: Placement[] = [];
  if (args.placement !== "socket") placements.push(inProcess<Kind>(definition, properties));
  const command = commandOf(found);
  if (args.placement === "socket" && !command)
    throw new Error(`${found.name} has no executable ("bin" in its package.json) that would serve it on a socket`);
  if (args.placement !== "in-process" && command) {
    placements.push(
      childProcess<Kind>({ kind, properties, command, initTimeoutMs: args.timeoutMs, startTimeoutMs: args.timeoutMs }),
    );
  }
  return {
    component: { type, version, kind, title, description, status },
    package: { name: found.name, version: found.version },
    placements,
  };
}

/** Of the file that was named, else of the first folder that has one. */
function settingsOf(
  { kind }: ComponentFile,
  { settings }: Arguments,
  folders: readonly string[],
): Pick<Plan, "facts" | "known"> {
  const file = settings ?? folders.map((folder) => join(folder, settingsFile)).find((each) => existsSync(each));
  const ids = casesOf(kind).map(({ id }) => id);
  const read: Settings<Kind> =
    file === undefined ? { facts: {}, known: {} } : parseSettings(readFileSync(file, "utf8"), file, kind, ids);
  return { facts: { ...defaultFacts[kind], ...read.facts }, known: read.known };
}

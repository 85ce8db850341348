import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nearest, type Kind } from "@trilby/kit";
import { isMap, isScalar, LineCounter, parseDocument, type Node, type Pair } from "yaml";
import { defaultFacts, type FactsOf } from "./core/facts.ts";

/** What a component says of itself to the suite: `conformance.yaml` beside its package.json, or JSON, which is YAML too. */
export interface Settings<K extends Kind> {
  readonly facts: Partial<FactsOf[K]>;
  /** Why a case is accepted to fail, by its id. */
  readonly known: Readonly<Record<string, string>>;
}

export const settingsFile = "conformance.yaml";

export function readSettings<K extends Kind>(folder: string, kind: K, ids: readonly string[]): Settings<K> {
  const file = join(folder, settingsFile);
  return existsSync(file) ? parseSettings(readFileSync(file, "utf8"), file, kind, ids) : { facts: {}, known: {} };
}

/** Throws one error that names file and line of every mistake. */
export function parseSettings<K extends Kind>(
  text: string,
  file: string,
  kind: K,
  ids: readonly string[],
): Settings<K> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const problems: string[] = [];
  const say = (node: unknown, message: string): void => {
    const offset = (node as Node | null)?.range?.[0] ?? 0;
    problems.push(`${file}:${lines.linePos(offset).line}: ${message}`);
  };
  for (const { message, pos } of document.errors)
    problems.push(`${file}:${lines.linePos(pos[0]).line}: ${message.split("\n")[0]}`);

  const allowed = { facts: factNames(kind), known: ids };
  if (problems.length === 0) {
    for (const [section, node, key] of pairsOf(document.contents)) {
      const names = allowed[section as keyof typeof allowed];
      if (names === undefined) say(key, unknown("section", section, Object.keys(allowed)));
      else for (const [name, value, at] of pairsOf(node)) checkEntry(kind, section, name, value, at, names, say);
    }
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const { facts = {}, known = {} } = (document.toJS() ?? {}) as Partial<Settings<K>>;
  return { facts, known };
}

function checkEntry(
  kind: Kind,
  section: string,
  name: string,
  value: unknown,
  key: unknown,
  names: readonly string[],
  say: (node: unknown, message: string) => void,
): void {
  if (!names.includes(name)) say(key, unknown(section === "known" ? "case" : "fact", name, names));
  else if (
    section === "known" &&
    !(isScalar(value) && typeof value.value === "string" && value.value.trim().length >= 10)
  ) {
    say(key, `${name} needs a reason in words`);
  } else if (section === "facts") {
    const wanted = typeOf((defaultFacts[kind] as unknown as Readonly<Record<string, unknown>>)[name]);
    const given = isScalar(value) ? typeOf(value.value) : isMap(value) ? "mapping" : "list";
    if (wanted !== undefined && wanted !== given) say(key, `${name} must be a ${wanted}, but is a ${given}`);
  }
}

/** In the words of YAML; undefined where anything goes. */
function typeOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return "list";
  return typeof value === "object" ? "mapping" : typeof value;
}

function unknown(what: string, name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  return `there is no ${what} ${name}${near === undefined ? "" : `; did you mean ${near}?`}`;
}

function factNames(kind: Kind): string[] {
  return [...Object.keys(defaultFacts[kind]), ...optionalFacts[kind]];
}

/** Facts without a default. */
const optionalFacts: Readonly<Record<Kind, readonly string[]>> = {
  state: ["malformedEtag"],
  pubsub: ["wildcard"],
  bindings: ["roundTrip", "echo"],
  secretstores: [],
};

function pairsOf(node: unknown): [name: string, value: unknown, key: unknown][] {
  if (!isMap(node)) return [];
  return node.items.map(({ key, value }: Pair) => [String(isScalar(key) ? key.value : key), value, key]);
}

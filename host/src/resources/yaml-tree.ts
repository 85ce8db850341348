import type { Document, LineCounter, Node, Scalar } from "yaml";

import type { Place } from "./place.ts";
import type { Problem } from "./problem.ts";

/** A YAML document as values that know where they stand. */
export type Tree = Mapping | Sequence | Leaf;

export interface Mapping {
  readonly kind: "mapping";
  readonly place: Place;
  readonly entries: ReadonlyMap<string, { readonly keyPlace: Place; readonly value: Tree }>;
}

export interface Sequence {
  readonly kind: "sequence";
  readonly place: Place;
  readonly items: readonly Tree[];
}

export interface Leaf {
  readonly kind: "leaf";
  readonly place: Place;
  readonly value: string | number | bigint | boolean | null;
  /** As it stands in the file, without quotes. */
  readonly source: string;
}

/** A field by its name; as in daprd, whatever the case of its letters, but one written exactly goes first. */
export function entryOf(
  mapping: Mapping,
  name: string,
): { readonly keyPlace: Place; readonly value: Tree } | undefined {
  const exact = mapping.entries.get(name);
  if (exact !== undefined) return exact;
  const lower = name.toLowerCase();
  for (const [key, entry] of mapping.entries) if (key.toLowerCase() === lower) return entry;
  return undefined;
}

export interface ParsedDocument {
  /** Absent when the document is empty or cannot be read. */
  readonly tree: Tree | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Reads a file of documents. Documents are cut at lines that begin with `---` before anything is parsed, so that an error in
 * one leaves the others whole. Booleans and numbers are those of YAML 1.1 (`yes`, `on`, `0123`), as in daprd.
 */
export async function parseYaml(file: string, text: string): Promise<ParsedDocument[]> {
  const yaml = await import("yaml");
  const documents: ParsedDocument[] = [];
  for (const { source, firstLine } of splitDocuments(text)) {
    const lineCounter = new yaml.LineCounter();
    const placeAt = (offset: number): Place => place(file, firstLine, lineCounter, offset);
    const document = parseOne(yaml, source, lineCounter);
    if (document === undefined) {
      const message = `the document cannot be read: it is nested too deeply`;
      documents.push({ tree: undefined, problems: [{ severity: "error", message, place: placeAt(0) }] });
      continue;
    }
    const errors = document.errors.map((error): Problem => ({
      severity: "error",
      message: describe(error.code, error.message),
      place: placeAt(error.pos[0]),
    }));
    if (errors.length > 0 || document.contents === null) {
      // The first error explains; those after it are mostly its echoes.
      documents.push({ tree: undefined, problems: errors.slice(0, 1) });
      continue;
    }
    const problems: Problem[] = [];
    const convert = converter(yaml, document, placeAt, problems);
    const tree = convert(document.contents);
    const isWhole = problems.every(({ severity }) => severity === "warning");
    documents.push({ tree: isWhole ? tree : undefined, problems });
  }
  return documents;
}

function parseOne(yaml: typeof import("yaml"), source: string, lineCounter: LineCounter): Document | undefined {
  try {
    const options = {
      lineCounter,
      version: "1.1",
      intAsBigInt: true,
      prettyErrors: false,
      logLevel: "silent",
      stringKeys: true,
      // Told as a warning: daprd takes the last one.
      uniqueKeys: false,
    } as const;
    return yaml.parseDocument(source, options) as Document;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function splitDocuments(text: string): { source: string; firstLine: number }[] {
  const pieces: { source: string; firstLine: number }[] = [];
  let lines: string[] = [];
  let firstLine = 1;
  const all = text.split("\n");
  for (const [index, line] of all.entries()) {
    if (line.startsWith("---")) {
      pieces.push({ source: lines.join("\n"), firstLine });
      lines = [];
      firstLine = index + 2;
    } else {
      lines.push(line);
    }
  }
  pieces.push({ source: lines.join("\n"), firstLine });
  return pieces.filter(({ source }) => /^(?!\s*(?:#.*)?$)/m.test(source));
}

function place(file: string, firstLine: number, lineCounter: LineCounter, offset: number): Place {
  const { line, col } = lineCounter.linePos(offset);
  return { file, line: Math.max(1, line) + firstLine - 1, column: Math.max(1, col) };
}

function describe(code: string, message: string): string {
  if (code === "TAB_AS_INDENT") return "YAML is indented with a tab; use spaces";
  return `YAML cannot be read: ${message}`;
}

// Aliases may multiply a small file into a huge tree.
const mostNodes = 100_000;
const mostLevels = 100;

function converter(
  yaml: typeof import("yaml"),
  document: Document,
  placeAt: (offset: number) => Place,
  problems: Problem[],
): (node: unknown) => Tree {
  let nodes = 0;
  const convert = (node: unknown, depth: number): Tree => {
    const at = placeAt((node as Node | null)?.range?.[0] ?? 0);
    const nothing: Leaf = { kind: "leaf", place: at, value: null, source: "" };
    if (++nodes > mostNodes || depth > mostLevels) {
      if (problems.every(({ severity }) => severity === "warning")) {
        const message = `the document has more than ${mostNodes} values or ${mostLevels} levels, aliases counted`;
        problems.push({ severity: "error", message, place: at });
      }
      return nothing;
    }
    if (yaml.isAlias(node)) {
      const target = node.resolve(document);
      if (target !== undefined) return convert(target, depth + 1);
      problems.push({
        severity: "error",
        message: `alias *${node.source} has no anchor before it`,
        place: at,
      });
      return nothing;
    }
    if (yaml.isMap(node)) {
      const entries = new Map<string, { keyPlace: Place; value: Tree }>();
      const merged: Tree[] = [];
      for (const pair of node.items) {
        const key = pair.key as Scalar | null;
        const keyPlace = key?.range ? placeAt(key.range[0]) : at;
        const name = key?.source ?? textOf(key?.value);
        const value = convert(pair.value, depth + 1);
        if (name === "<<") merged.push(...(value.kind === "sequence" ? value.items : [value]));
        else {
          const earlier = entries.get(name);
          if (earlier !== undefined) {
            const message = `${name} stands here twice: this one counts, not that of line ${earlier.keyPlace.line}`;
            problems.push({ severity: "warning", message, place: keyPlace });
          }
          entries.set(name, { keyPlace, value });
        }
      }
      for (const from of merged) {
        if (from.kind !== "mapping") continue;
        for (const [name, entry] of from.entries) if (!entries.has(name)) entries.set(name, entry);
      }
      return { kind: "mapping", place: at, entries };
    }
    if (yaml.isSeq(node)) {
      return { kind: "sequence", place: at, items: node.items.map((item) => convert(item, depth + 1)) };
    }
    const scalar = node as Scalar | null;
    const value = scalar?.value;
    const source = scalar?.source ?? textOf(value);
    if (value instanceof Date || value instanceof Uint8Array) return { kind: "leaf", place: at, value: source, source };
    return { kind: "leaf", place: at, value: (value as Leaf["value"] | undefined) ?? null, source };
  };
  return (node) => convert(node, 0);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value ?? null) ?? "");
}

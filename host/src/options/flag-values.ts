import { nearest } from "@trilby/kit";

import { type Flag, flags } from "./flags.ts";

/** What stood on the command line. Reading a flag that was not set gives its fallback from the table. */
export interface FlagValues {
  /** Stood on the command line. */
  changed(name: string): boolean;
  text(name: string): string | undefined;
  switch(name: string): boolean;
  integer(name: string): number;
  list(name: string): readonly string[];
}

/** A command line that cannot be read: exit code 2. */
export class FlagError extends Error {
  override readonly name = "FlagError";
}

/**
 * Reads a command line the way daprd does: `--flag value`, `--flag=value`, the same with one dash, lists by repetition or
 * commas, the last value wins. Words that belong to no flag are passed over.
 */
export function parseFlags(argv: readonly string[]): FlagValues {
  const given = new Map<string, string[]>();
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? "";
    if (word === "--") break;
    if (!word.startsWith("-") || word === "-") continue;
    const [name, attached] = splitWord(word);
    const flag = byName.get(name);
    if (flag === undefined) throw new FlagError(unknownFlag(name));
    let value = attached;
    if (value === undefined) {
      if (flag.kind === "switch") value = "true";
      else if (index + 1 < argv.length) value = argv[++index];
      else throw new FlagError(`flag needs an argument: --${name}`);
    }
    check(flag, value ?? "");
    const values = given.get(name);
    if (values) values.push(value ?? "");
    else given.set(name, [value ?? ""]);
  }
  return {
    changed: (name) => given.has(name),
    text: (name) => given.get(name)?.at(-1) ?? declared(name).fallback,
    switch: (name) => booleans.get(given.get(name)?.at(-1) ?? declared(name).fallback ?? "false") ?? false,
    integer: (name) => Number(given.get(name)?.at(-1) ?? declared(name).fallback ?? "0"),
    list: (name) => (given.get(name) ?? []).flatMap((value) => (value === "" ? [] : value.split(","))),
  };
}

const byName = new Map(flags.map((flag) => [flag.name, flag]));

function declared(name: string): Flag {
  const flag = byName.get(name);
  if (flag === undefined) throw new Error(`no flag --${name} in the table`);
  return flag;
}

function splitWord(word: string): [name: string, value: string | undefined] {
  const bare = word.startsWith("--") ? word.slice(2) : word.slice(1);
  const equals = bare.indexOf("=");
  return equals === -1 ? [bare, undefined] : [bare.slice(0, equals), bare.slice(equals + 1)];
}

function unknownFlag(name: string): string {
  const suggestion = nearest(
    name,
    flags.filter((flag) => !flag.hidden).map((flag) => flag.name),
  );
  return `unknown flag: --${name}${suggestion === undefined ? "" : `; did you mean --${suggestion}?`}`;
}

// Go's words for booleans.
const booleans = new Map(
  [
    ["1", "t", "T", "TRUE", "true", "True"],
    ["0", "f", "F", "FALSE", "false", "False"],
  ].flatMap((words, index) => words.map((word) => [word, index === 0] as const)),
);

function check(flag: Flag, value: string): void {
  if (flag.kind === "switch" && !booleans.has(value)) {
    throw new FlagError(`invalid argument "${value}" for "--${flag.name}" flag: write true or false`);
  }
  if (flag.kind === "integer" && !/^[+-]?\d+$/.test(value)) {
    throw new FlagError(`invalid argument "${value}" for "--${flag.name}" flag: write a whole number`);
  }
}

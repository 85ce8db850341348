import { parseArgs } from "node:util";
import { profileInto } from "./daemon.ts";
import type { Pace } from "./rounds.ts";

export interface Options {
  readonly pace: Pace;
  readonly quick: boolean;
  /** Each a list of words that must all stand in a row's id; none: all rows. */
  readonly only: readonly (readonly string[])[];
  /** Words of which one must stand in a subject's name; none: all. The one that others are compared with always stays. */
  readonly subjects: readonly string[];
  /** Writes the results where they are published. */
  readonly publish: boolean;
}

const help = `npm run bench -- [flags]

  --quick              less than three minutes: the rows that matter most, three short rounds
  --only WORDS         rows whose names have all these words, such as "redis http 64"; may be repeated
  --subjects WORDS     beside the one to compare with, those whose names have one of these words, such as "in-process,bare"
  --rounds N           rounds, 5
  --seconds N          of each subject in each round, 1
  --profile FOLDER     processor profiles of every trilbyd and every component of ours
  --publish            writes bench/results, docs/bench.*, README.md: a run without other flags does
  --list               the rows
`;

export function options(words: readonly string[]): Options & { readonly list: boolean } {
  const { values, positionals, tokens } = parseArgs({
    tokens: true,
    args: [...words],
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      subjects: { type: "string", default: "" },
      rounds: { type: "string" },
      seconds: { type: "string" },
      profile: { type: "string" },
      publish: { type: "boolean" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const given = new Set<string>(tokens.flatMap((token) => (token.kind === "option" ? [token.name] : [])));
  if (values.help) {
    process.stdout.write(help);
    process.exit(0);
  }
  if (values.profile !== undefined) profileInto(values.profile);
  // `--only redis http` is as good as `--only "redis http"`.
  const only = values.only.map((one, index) =>
    [one, ...(index === values.only.length - 1 ? positionals : [])]
      .join(" ")
      .trim()
      .split(/[\s-]+/),
  );
  const seconds = Number(values.seconds ?? (values.quick ? 0.5 : 1));
  return {
    pace: { rounds: Number(values.rounds ?? (values.quick ? 3 : 5)), seconds, warmSeconds: seconds / 10 },
    quick: values.quick,
    only,
    subjects: values.subjects.split(",").filter((word) => word !== ""),
    publish:
      values.publish ?? ["quick", "only", "subjects", "rounds", "seconds", "profile"].every((name) => !given.has(name)),
    list: values.list,
  };
}

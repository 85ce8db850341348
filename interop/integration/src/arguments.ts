import { parseArgs } from "node:util";

export interface Arguments {
  /** Cases whose name matches, whatever is expected of them. Absent: those expected to pass. */
  readonly focus: RegExp | undefined;
  readonly against: "trilbyd" | "daprd";
  readonly budgetSeconds: number;
  readonly parallel: number;
  /** Write into the ledger what was measured. */
  readonly update: boolean;
  /** Only write the scoreboard. */
  readonly scoreboard: boolean;
  readonly verbose: boolean;
}

export const usage = `node interop/integration/run.ts [options]

  (nothing)            the cases that the ledger expects to pass
  --focus REGEX        the cases whose name matches, whatever is expected
  --budget MINUTES     no longer than about that: long cases in turns, by the day (10 where CI is set)
  --parallel N         cases at once (4)
  --against daprd      a stock daprd instead of trilbyd
  --update             write into the ledger what was measured, then the scoreboard
  --scoreboard         only write docs/scoreboard.md and the table of the README
  --verbose            what the suite and the daemon said of each failure`;

function usualBudgetSeconds(): number {
  return (process.env.CI ?? "") === "" ? Infinity : 600;
}

export function readArguments(argv: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      focus: { type: "string" },
      budget: { type: "string" },
      parallel: { type: "string", default: "4" },
      against: { type: "string", default: "trilbyd" },
      update: { type: "boolean", default: false },
      scoreboard: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
    },
  });
  if (values.against !== "trilbyd" && values.against !== "daprd") throw new Error("--against takes trilbyd or daprd");
  const number = (text: string, flag: string): number => {
    const value = Number(text);
    if (!(value > 0)) throw new Error(`${flag} takes a number above 0`);
    return value;
  };
  return {
    focus: values.focus === undefined ? undefined : new RegExp(values.focus),
    against: values.against,
    budgetSeconds: values.budget === undefined ? usualBudgetSeconds() : number(values.budget, "--budget") * 60,
    parallel: number(values.parallel, "--parallel"),
    update: values.update,
    scoreboard: values.scoreboard,
    verbose: values.verbose,
  };
}

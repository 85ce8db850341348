/** What one case of the suite came to. */
export interface CaseResult {
  readonly name: string;
  readonly passed: boolean;
  readonly seconds: number;
  /** Whether it started the daemon under test: one that did not says nothing of it. */
  readonly usedDaemon: boolean;
  /** What the suite said of a failure, and the end of the daemon's log. Empty when passed. */
  readonly output: readonly string[];
}

export interface SuiteStream {
  readonly line: (line: string) => void;
  readonly results: ReadonlyMap<string, CaseResult>;
  /** Cases that were begun and have no result: the suite ended in the middle of them. */
  readonly unfinished: () => readonly string[];
}

const keptLines = 60;

/**
 * Reads what a Go test binary writes with `-test.v=test2json`, line by line: verdicts come as soon as they are known, and every
 * line belongs to the test named last.
 */
export function readSuite(daemon: string, onResult: (result: CaseResult) => void = () => {}): SuiteStream {
  const results = new Map<string, CaseResult>();
  const begun = new Map<string, { readonly said: string[]; readonly logged: string[]; usedDaemon: boolean }>();
  let current: string | undefined;

  const about = (test: string): string | undefined => {
    const name = /^TestIntegration\/(.+?)(?:\/run(?:\/.*)?)?$/.exec(test)?.[1];
    return name === "build_binaries" ? undefined : name;
  };

  const heard = (line: string): void => {
    if (current === undefined) return;
    const parts = begun.get(current);
    if (!parts) return;
    if (line.includes(`Running "${daemon}" with args`)) parts.usedDaemon = true;
    const lines = /^\s+iowriter\.go/.test(line) ? parts.logged : parts.said;
    lines.push(line);
    if (lines.length > keptLines) lines.shift();
  };

  const finished = (name: string, passed: boolean, seconds: number): void => {
    const { said, logged, usedDaemon } = begun.get(name) ?? { said: [], logged: [], usedDaemon: false };
    begun.delete(name);
    const result = { name, passed, seconds, usedDaemon, output: passed ? [] : [...said, ...logged] };
    results.set(name, result);
    onResult(result);
  };

  return {
    line(raw) {
      const line = raw.replaceAll("\u0016", "");
      const turn = /^=== (RUN|NAME|CONT|PAUSE)\s+(\S*)/.exec(line);
      if (turn) {
        const [, word, test = ""] = turn;
        const name = about(test);
        if (word !== "PAUSE") current = name;
        if (word === "RUN" && name !== undefined && !begun.has(name))
          begun.set(name, { said: [], logged: [], usedDaemon: false });
        return;
      }
      const verdict = /^--- (PASS|FAIL|SKIP): (\S+) \(([\d.]+)s\)/.exec(line);
      const name = verdict ? about(verdict[2]!) : undefined;
      // The case's own verdict, not that of its parts.
      if (verdict && name !== undefined && verdict[2] === `TestIntegration/${name}`)
        finished(name, verdict[1] === "PASS", Number(verdict[3]));
      else heard(line);
    },
    results,
    unfinished: () => [...begun.keys()],
  };
}

/** A line of the run's account that is printed even where the output of tests that pass is not. */
export function account(line: string): void {
  process.stdout.write(`${line}\n`);
}

import { formatPlace, type Place } from "./place.ts";

/** Something wrong in a resource file. */
export interface Problem {
  /**
   * `fatal`: the host does not start. `error`: the document is left out, the host starts, as daprd does. `warning`: the
   * document counts.
   */
  readonly severity: "fatal" | "error" | "warning";
  /** What is wrong and how to right it. */
  readonly message: string;
  readonly place: Place;
  /** The message in the words of daprd, where tools look for them; absent: `message` alone. */
  readonly summary?: string;
}

export function formatProblem(problem: Problem): string {
  return `${formatPlace(problem.place)}: ${problem.message}`;
}

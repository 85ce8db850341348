import type { Sample } from "./sample.ts";
import type { World } from "./world.ts";

/** One thing that several subjects do, measured of each in turn. */
export interface Row {
  /** Words with hyphens; `--only` looks for them here. */
  readonly id: string;
  readonly title: string;
  readonly about: string;
  /** Whom the others are compared with: a key of `subjects`. */
  readonly baseline: string;
  /** By name, in the order of the table. */
  readonly subjects: Readonly<Record<string, Measure>>;
  /** Part of a quick run. */
  readonly quick?: boolean;
  /** What it takes is the same however long a round lasts: no warming up. */
  readonly cold?: boolean;
  /**
   * `chance`: a few slow requests decide, so there are twice the rounds, each warmed up longer, because processes have rested since
   * their last one. `none`: it is the same each time, to a percent, so a third of the rounds is enough.
   */
  readonly noise?: "chance" | "none";
}

/** Rows that share what they start; it ends with the last of them. */
export interface Group {
  readonly title: string;
  readonly rows: readonly Row[];
}

export type Measure = (world: World, round: Round) => Promise<Sample>;

export interface Round {
  readonly warmSeconds: number;
  readonly seconds: number;
}

import type { Kind } from "@trilby/kit";
import type { World } from "./world.ts";

/**
 * One check of one behaviour, as data. The id is the sentence that the check proves, for example
 * `state/first-write-wins-for-exactly-one-of-many`; it is stable, since certificates and known deviations name it.
 */
export interface Case<K extends Kind = Kind> {
  readonly id: string;
  readonly class: CaseClass;
  /**
   * Features the component must declare for this case to apply. Where one is missing the case is skipped, and the cases
   * that `lacks` it run instead: a feature is either there and right, or not there and refused in the right way.
   */
  readonly needs?: readonly string[];
  /** Features the component must not declare for this case to apply. */
  readonly lacks?: readonly string[];
  /** What the surroundings must be able to do. A case that needs the `wire` is not even listed in-process. */
  readonly abilities?: readonly Ability[];
  /** A fact of the backend that must hold for this case to apply, and why it does not when it does not. */
  readonly unless?: (facts: World<K>["facts"]) => string | undefined;
  /** Default 30 s. */
  readonly timeoutMs?: number;
  /** Proves the behaviour with node:assert/strict, on keys and topics of its own, or throws. */
  run(world: World<K>): Promise<void>;
}

/** Functional: what upstream checks and the contract promise. Figures are measured and reported, never asserted. */
export type CaseClass = "functional" | "hostile" | "fault" | "figure";

export type Ability =
  /** The component runs in a process of its own, which the suite may kill. */
  | "kill-component"
  /** The backend may be stopped and started. */
  | "stop-backend"
  /** The backend may be slowed down. */
  | "slow-backend"
  /** The component is reached over its socket: protocol details can be seen. */
  | "wire"
  /** The declaration is at hand: opening with other metadata is checked by the kit. */
  | "in-process";

/** Cases that measure or break something run alone; the others share one session, side by side. */
export function runsAlone({ class: caseClass }: Pick<Case, "class">): boolean {
  return caseClass === "fault" || caseClass === "figure";
}

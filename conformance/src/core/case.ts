/**
 * One check of one behaviour, as data. The id is the sentence that the check proves, for example
 * `state/first-write-wins-for-exactly-one-of-many`; it is stable, since certificates and known deviations name it.
 */
export interface Case<World> {
  readonly id: string;
  readonly class: CaseClass;
  /**
   * Features the component must declare for this case to apply. Where one is missing the case is skipped and the case
   * named by `opposite` runs instead: a feature is either there and right, or not there and refused in the right way.
   */
  readonly needs?: readonly string[];
  /** Features the component must not declare for this case to apply. */
  readonly lacks?: readonly string[];
  /** What the world must be able to do: `restart` the backend, `kill` the component, speak the `wire`. */
  readonly abilities?: readonly Ability[];
  /** Default 30 s. */
  readonly timeoutMs?: number;
  /** Proves the behaviour with node:assert/strict, on keys and topics of its own, or throws. */
  run(world: World): Promise<void>;
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
  | "wire";

/** What trilbyd cannot do yet, by the step that needs it. A step that does not need it any more is red until it is taken out here. */
export const missing: ReadonlyMap<string, Missing> = new Map();

export interface Missing {
  /** A word of the integration suite's ledger. */
  readonly capability: string;
  /** Stands in the refusal. */
  readonly says: string;
}

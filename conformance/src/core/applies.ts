import type { Kind } from "@trilby/kit";
import type { Case } from "./case.ts";
import type { FactsOf } from "./facts.ts";

/** Why a case does not apply, as the reason of its `skipped` verdict; undefined when it does. */
export function whyNot<K extends Kind>(
  { needs = [], lacks = [], abilities = [], unless }: Case<K>,
  features: readonly string[],
  can: ReadonlySet<string>,
  facts: FactsOf[K],
): string | undefined {
  const missing = needs.filter((feature) => !features.includes(feature));
  if (missing.length > 0)
    return `the component does not declare ${missing.join(", ")}; the opposite is checked instead`;
  const declared = lacks.filter((feature) => features.includes(feature));
  if (declared.length > 0) return `the component declares ${declared.join(", ")}; the opposite is checked instead`;
  const unable = abilities.filter((ability) => !can.has(ability));
  if (unable.length > 0) return unable.map((ability) => reasons[ability]).join("; ");
  return unless?.(facts);
}

const reasons = {
  "kill-component": "the component's process is not the suite's to kill",
  "stop-backend": "the backend is not the suite's to stop",
  "slow-backend": "the backend is not the suite's to slow down",
  wire: "the component is not reached over a socket",
  "in-process": "the component is not opened in this process",
} as const;

/** Cases about the way a component is reached are not listed where it is reached another way. */
export function belongsTo({ abilities = [] }: Pick<Case, "abilities">, placement: "in-process" | "socket"): boolean {
  const other = placement === "socket" ? "in-process" : "wire";
  if (abilities.includes(other)) return false;
  return placement === "socket" || !abilities.includes("kill-component");
}

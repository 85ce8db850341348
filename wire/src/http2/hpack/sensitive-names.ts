/**
 * Fields whose values are secrets go as "never indexed", RFC 7541, sections 6.2.3 and 7.1.3: who can make this connection send fields of his choice
 * learns nothing of them from sizes, and what stands in between does not index them either.
 */
export function isSensitiveName(name: string): boolean {
  let sensitive = judged.get(name);
  if (sensitive === undefined) {
    sensitive = pattern.test(name);
    // Names come from applications: bounded.
    if (judged.size >= 256) judged.clear();
    judged.set(name, sensitive);
  }
  return sensitive;
}

const judged = new Map<string, boolean>();
const pattern = /^(?:(?:proxy-)?authorization|(?:set-)?cookie|(?:.+-)?(?:token|secret|password|api-?key|signature))$/;

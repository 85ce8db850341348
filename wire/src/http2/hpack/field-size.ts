import type { HeaderField } from "../header-list.ts";

/** RFC 7541, section 4.1: what a field counts in a table, and in the limit for a list (RFC 9113, section 6.5.2). */
export function fieldBytes(field: HeaderField): number {
  return field[0].length + field[1].length + 32;
}

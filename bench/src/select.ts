import type { Options } from "./options.ts";
import type { Group, Row } from "./row.ts";

/** The groups with the rows and subjects that were asked for. */
export function select(groups: readonly Group[], { quick, only, subjects }: Options): readonly Group[] {
  const wanted = (row: Row): boolean =>
    only.length === 0
      ? !quick || row.quick === true
      : only.some((words) => words.every((word) => row.id.split("-").includes(word) || row.id === word));
  const narrow = (row: Row): Row => ({
    ...row,
    subjects: Object.fromEntries(
      Object.entries(row.subjects).filter(
        ([name]) => subjects.length === 0 || name === row.baseline || subjects.some((word) => name.includes(word)),
      ),
    ),
  });
  return groups
    .map((group) => ({ ...group, rows: group.rows.filter(wanted).map(narrow) }))
    .filter(({ rows }) => rows.length > 0);
}

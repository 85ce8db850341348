import type { Turn } from "../contract/pubsub.ts";

/** The id of a message with its turn, for a peer of our own kit; to others ids say nothing. */
export function idWithTurn(id: string, turn: Turn | undefined): string {
  return turn === undefined ? id : `${id}/${turn.series}/${turn.unit}`;
}

/** Undefined: it has none. */
export function turnOfId(id: string): Turn | undefined {
  const afterId = id.indexOf("/");
  if (afterId < 0) return undefined;
  const afterSeries = id.indexOf("/", afterId + 1);
  if (afterSeries < 0) return undefined;
  return { unit: id.slice(afterSeries + 1), series: Number(id.slice(afterId + 1, afterSeries)) };
}

export interface Flushable {
  flush(): void;
}

let waiting: Flushable[] = [];
let spare: Flushable[] = [];
let scheduled = false;

/** Flushes after all that this turn of the event loop reads: one write a turn and connection. */
export function flushThisTurn(connection: Flushable): void {
  waiting.push(connection);
  if (scheduled) return;
  scheduled = true;
  setImmediate(flushAll);
}

function flushAll(): void {
  scheduled = false;
  const batch = waiting;
  waiting = spare;
  for (let index = 0; index < batch.length; index++) batch[index]!.flush();
  batch.length = 0;
  spare = batch;
}

import type { Cluster, Redis } from "ioredis";

/**
 * Rejects commands that were not answered for so long, or up to an eighth longer, wherever they wait. The library has an option for
 * that, which sets a timer for each command and makes the command a slow object when it is cleared: 8 % of what a command costs.
 */
export function timeOutCommands(client: Redis | Cluster, timeoutMs: number): void {
  if (client.isCluster) client.on("+node", (node: Redis) => watchNode(node as unknown as Internals, timeoutMs));
  else watchNode(client as unknown as Internals, timeoutMs);
}

interface Internals {
  /** Sent; taken over from a connection that was lost; not sent yet. */
  readonly commandQueue: Queue;
  readonly prevCommandQueue: Queue | undefined | null;
  readonly offlineQueue: Queue;
  sendCommand(command: Command, ...rest: readonly unknown[]): unknown;
}

interface Queue {
  readonly length: number;
  peekAt(index: number): { readonly command: Command } | undefined;
}

interface Command {
  /** The turn of its connection's clock at which it came first. */
  turn?: number;
  reject(error: Error): void;
}

const turnsPerTimeout = 8;

function watchNode(node: Internals, timeoutMs: number): void {
  const send = node.sendCommand.bind(node);
  let turn = 0;
  let clock: NodeJS.Timeout | undefined;
  const look = (): void => {
    turn++;
    const waiting = [node.commandQueue, node.prevCommandQueue, node.offlineQueue].filter((queue) => queue?.length);
    if (waiting.length === 0) {
      clearInterval(clock);
      clock = undefined;
    }
    for (const queue of waiting) rejectUntil(turn - turnsPerTimeout, queue!);
  };
  node.sendCommand = (command, ...rest) => {
    command.turn ??= turn;
    clock ??= setInterval(look, timeoutMs / turnsPerTimeout);
    return send(command, ...rest);
  };
}

/**
 * Those rejected stay in the queue, since their answers may still come, and are rejected again, which does nothing. All are looked at:
 * what is sent again stands behind what is new.
 */
function rejectUntil(turn: number, queue: Queue): void {
  for (let index = 0; index < queue.length; index++) {
    const { command } = queue.peekAt(index)!;
    if (command.turn !== undefined && command.turn < turn) command.reject(new Error("Command timed out"));
  }
}

import { connect, type Socket } from "node:net";
import { type Answer, parseAnswers, type Parsed } from "./answers.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How the other side ended a connection: with a FIN, or with a RST. */
export type Ending = "closed" | "reset";

/** A client that sends bytes, whatever they are, and looks at what comes back. */
export interface RawConnection {
  readonly socket: Socket;
  send(bytes: string | Uint8Array): void;
  /** Waits until that many whole answers are there, interim ones too, or the other side has ended; hands out all that came. */
  answers(count: number, timeoutMs?: number): Promise<readonly Answer[]>;
  /** Waits for the other side's end. */
  ended(timeoutMs?: number): Promise<Ending>;
  /** FIN: nothing more will be sent. */
  finish(): void;
  /** RST. */
  reset(): void;
  /** All that came, answers and what is none. */
  received(): Parsed;
  /** Lets go. */
  close(): void;
}

/** Texts are sent as one byte a character. `methods` are those of the requests that will be sent, where one of them is HEAD. */
export async function connectRaw(address: Address, methods: readonly string[] = []): Promise<RawConnection> {
  const socket = connect({ ...address, noDelay: true, allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  const chunks: Buffer[] = [];
  const waiting = new Set<() => void>();
  let ending: Ending | undefined;
  let parsed: Parsed = { answers: [], rest: Buffer.alloc(0) };
  let stale = false;

  const changed = (): void => {
    stale = true;
    for (const each of waiting) each();
  };
  const end = (how: Ending): void => {
    ending ??= how;
    if (!socket.writableEnded) socket.end();
    changed();
  };
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    changed();
  });
  socket.on("end", () => end("closed"));
  socket.on("error", () => end("reset"));
  socket.on("close", () => end("closed"));

  const received = (): Parsed => {
    if (stale) {
      const whole = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
      chunks.splice(0, chunks.length, whole);
      parsed = parseAnswers(whole, methods, ending !== undefined);
      stale = false;
    }
    return parsed;
  };
  const wait = async (what: string, done: () => boolean, timeoutMs: number): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      try {
        if (done()) resolve();
      } catch (error) {
        reject(error);
      }
    };
    const late = (): void => {
      const { answers, rest } = received();
      const came = `${answers.map(({ status }) => status).join(", ") || "nothing"}${rest.length > 0 ? ` and ${JSON.stringify(rest.toString("latin1", 0, 200))}` : ""}`;
      reject(new Error(`no ${what} within ${timeoutMs / 1_000} s; came: ${came}`));
    };
    const timer = setTimeout(late, timeoutMs);
    waiting.add(look);
    look();
    await promise.finally(() => {
      clearTimeout(timer);
      waiting.delete(look);
    });
  };

  return {
    socket,
    received,
    send(bytes) {
      if (socket.writable) socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
    },
    async answers(count, timeoutMs = 5_000) {
      await wait(`${count}. answer`, () => received().answers.length >= count || ending !== undefined, timeoutMs);
      return received().answers;
    },
    async ended(timeoutMs = 5_000) {
      await wait("end of the connection", () => ending !== undefined, timeoutMs);
      return ending!;
    },
    finish: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
    close: () => void socket.destroy(),
  };
}

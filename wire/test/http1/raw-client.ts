import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Bytes to a server, and all it says. */
export interface RawClient {
  readonly socket: Socket;
  /** So far. */
  text(): string;
  send(text: string | Uint8Array): void;
  /** Resolves as soon as what came fulfils the condition. Rejects when the server closes before. */
  until(condition: (text: string) => boolean): Promise<string>;
  /** All that came until the server closed. */
  closed(): Promise<string>;
}

export function rawClient(port: number): RawClient {
  const socket = connect({ port, allowHalfOpen: true, noDelay: true });
  let text = "";
  let ended = false;
  let look: () => void = () => {};
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    look();
  });
  socket.on("error", () => {});
  for (const event of ["end", "close"])
    socket.on(event, () => {
      ended = true;
      look();
    });
  return {
    socket,
    text: () => text,
    send: (bytes) => void socket.write(bytes),
    until: (condition) =>
      new Promise((resolve, reject) => {
        look = () => {
          if (condition(text)) resolve(text);
          else if (ended) reject(new Error(`closed after ${JSON.stringify(text)}`));
        };
        look();
      }),
    async closed() {
      if (!ended) await once(socket, "end").catch(() => {});
      socket.end();
      return text;
    },
  };
}

/** The answers in a text, with bodies by their Content-Length: status, body, and whether it says that the connection closes. */
export function answersIn(text: string): { status: number; body: string; closes: boolean; head: string }[] {
  const answers = [];
  let at = 0;
  for (;;) {
    const end = text.indexOf("\r\n\r\n", at);
    if (end < 0) return answers;
    const head = text.slice(at, end);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (text.length < end + 4 + length) return answers;
    answers.push({
      status: Number(head.slice(9, 12)),
      body: text.slice(end + 4, end + 4 + length),
      closes: /\r\nconnection: close/i.test(head),
      head,
    });
    at = end + 4 + length;
  }
}

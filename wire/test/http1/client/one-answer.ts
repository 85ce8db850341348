import { PassThrough } from "node:stream";
import type { Socket } from "node:net";

import type { Http1CallError } from "../../../src/http1/client/index.ts";
import { ClientConnection } from "../../../src/http1/client/client-connection.ts";
import type { SocketEvents } from "../../../src/http1/client/open-socket.ts";

export interface Outcome {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
  /** Once the answer was whole. */
  readonly ended: boolean;
  readonly error: Http1CallError | undefined;
  /** The connection takes another request. */
  readonly kept: boolean;
}

/**
 * What a connection makes of the pieces that its socket reads, and, when told so, of the end. Each piece is overwritten after it was
 * handed over, as the next read would do it.
 */
export function answerOf(
  pieces: readonly Buffer[],
  options: { method?: string; end?: boolean; maxHeadBytes?: number } = {},
): Outcome {
  let events!: SocketEvents;
  let kept = false;
  let gone = false;
  const owner = { free: () => (kept = true), gone: () => (gone = true) };
  const socket = Object.assign(new PassThrough(), { ref: () => socket, unref: () => socket, connecting: false });
  socket.resume();
  const opener = (given: SocketEvents): Socket => ((events = given), socket as unknown as Socket);
  const connection = new ClientConnection(owner, opener, options.maxHeadBytes ?? 4096);

  let status = 0;
  let headers: Record<string, unknown> = {};
  let body = "";
  let announced = -1;
  let ended = false;
  let error: Http1CallError | undefined;
  connection.send(
    {
      head(head, bodyBytes) {
        if (status !== 0) throw new Error("a second head");
        status = head.status;
        headers = head.headers();
        announced = bodyBytes;
      },
      data(bytes) {
        if (ended || error !== undefined) throw new Error("a piece behind the end");
        body += Buffer.from(bytes).toString("latin1");
      },
      end() {
        if (ended || error !== undefined) throw new Error("a second end");
        if (announced >= 0 && body.length !== announced) throw new Error("a short body");
        ended = true;
      },
      failed(failure) {
        if (ended || error !== undefined) throw new Error("a second end");
        error = failure;
      },
    },
    options.method ?? "GET",
    "",
    undefined,
  );
  for (const piece of pieces) {
    const read = Buffer.from(piece);
    events.received(read);
    read.fill(0x7f);
  }
  if (options.end === true) events.peerEnded();
  const outcome = { status, headers, body, ended, error, kept: kept && !gone };
  connection.destroy();
  return outcome;
}

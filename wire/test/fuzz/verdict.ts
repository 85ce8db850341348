import { preface, settings, Type } from "../raw/frames.ts";
import { rawClient } from "../raw/raw-peer.ts";

/** What a server makes of what it was sent. */
export interface Verdict {
  /** `error`: GOAWAY with `code`, or it hung up. `left`: GOAWAY without an error. */
  readonly connection: "error" | "left" | "open";
  readonly code: number | undefined;
  /** Codes by stream. */
  readonly resets: Readonly<Record<number, number>>;
  /** What was answered, by stream. */
  readonly answers: Readonly<Record<number, string>>;
  /** It waits for the rest of a frame. */
  readonly waits: boolean;
}

/** Says the preface, SETTINGS and `bytes` to the server, and hears what it thinks of that. */
export async function verdictOf(port: number, bytes: Buffer): Promise<Verdict> {
  const peer = await rawClient(port, { silent: true, acknowledges: true });
  const answers: Record<number, string> = {};
  peer.onFrame = ({ type, stream, payload }) => {
    if (type === Type.DATA) answers[stream] = (answers[stream] ?? "") + payload.toString("latin1");
  };
  let waits = false;
  // Behind the bytes; where they end within a frame, a PING would be taken for its rest, or wait with it.
  const settled = async (): Promise<void> => {
    const late = setTimeout(() => {
      waits = true;
      peer.destroy();
    }, patienceMs);
    await peer.settled().catch(() => {});
    clearTimeout(late);
  };
  try {
    peer.write(preface, settings(), bytes);
    await settled();
    // For what is answered in a later turn of the server's loop.
    for (let round = 0; round < 2 && !peer.isClosed; round++) {
      await new Promise((resolve) => setImmediate(resolve));
      await settled();
    }
    const goaway = peer.goaways.findLast(({ code }) => code !== 0) ?? peer.goaways.at(-1);
    const failed = goaway === undefined ? peer.isClosed && !waits : goaway.code !== 0;
    return {
      connection: failed ? "error" : goaway === undefined ? "open" : "left",
      code: goaway?.code,
      resets: Object.fromEntries(peer.resets),
      answers,
      waits,
    };
  } finally {
    peer.destroy();
  }
}

const patienceMs = 300;

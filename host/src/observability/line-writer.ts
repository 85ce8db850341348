import { writeSync } from "node:fs";

/** Takes text and writes it to a file descriptor. Never throws: a reader that went away, or a full disk, loses lines. */
export interface LineWriter {
  write(text: string): void;
  /** Writes all that is left, for at most a second when the reader does not read. */
  finish(): void;
}

/** What waits for a reader that does not read; beyond it lines are dropped and counted. */
const mostWaitingBytes = 16 * 1024 * 1024;
const retryMs = 5;
const finishMs = 1000;

/**
 * Writes with plain system calls: what a stream has buffered would be lost when the process ends at once. A pipe that
 * does not block says so when it is full; the rest goes out later.
 */
export function lineWriter(descriptor: number): LineWriter {
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let dropped = 0;
  let retry: NodeJS.Timeout | undefined;

  /** False when the descriptor is full. */
  const writeWaiting = (): boolean => {
    while (waiting.length > 0) {
      const first = waiting[0]!;
      try {
        const written = writeSync(descriptor, first);
        waitingBytes -= written;
        if (written < first.length) waiting[0] = first.subarray(written);
        else waiting.shift();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EAGAIN") return false;
        waiting = [];
        waitingBytes = 0;
      }
    }
    return true;
  };

  const writeOrRetry = (): void => {
    retry = undefined;
    if (!writeWaiting()) retry = setTimeout(writeOrRetry, retryMs).unref();
  };

  return {
    write(text) {
      const bytes = Buffer.from(
        dropped > 0 ? `${dropped} bytes of log were dropped, because nobody read them\n${text}` : text,
      );
      if (waitingBytes > 0 && waitingBytes + bytes.length > mostWaitingBytes) {
        dropped += Buffer.byteLength(text);
        return;
      }
      dropped = 0;
      waiting.push(bytes);
      waitingBytes += bytes.length;
      if (retry === undefined) writeOrRetry();
    },
    finish() {
      const until = performance.now() + finishMs;
      while (!writeWaiting() && performance.now() < until) Atomics.wait(pause, 0, 0, retryMs);
    },
  };
}

const pause = new Int32Array(new SharedArrayBuffer(4));

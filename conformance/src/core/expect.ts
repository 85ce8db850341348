import assert from "node:assert/strict";
import { ComponentError, type ErrorCode } from "@trilby/kit";

/** Resolves to the error of a call that must be refused, with one of these codes when any is given. */
export async function refused(call: Promise<unknown>, ...codes: ErrorCode[]): Promise<ComponentError> {
  let error: unknown;
  try {
    await call;
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(
    error !== undefined,
    `the call succeeded, but must be refused${codes.length > 0 ? ` as ${codes.join(" or ")}` : ""}`,
  );
  const found = ComponentError.is(error) ? error : new ComponentError("internal", describe(error), { cause: error });
  if (codes.length > 0) {
    assert.ok(
      codes.includes(found.code),
      `refused as ${found.code} (${found.message}), but must be ${codes.join(" or ")}`,
    );
  }
  return found;
}

/** Asks again every few milliseconds until the answer satisfies; throws the last complaint when the time is over. */
export async function eventually<T>(timeoutMs: number, ask: () => Promise<T> | T): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    // The last word has an answer to a question that was asked when the time was over, however slow this machine is.
    const isOver = performance.now() >= deadline;
    try {
      return await ask();
    } catch (error) {
      if (isOver) throw error;
    }
    await pause(Math.min(50, timeoutMs / 20));
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** The outcome of a call that may do either, in bounded time. */
export async function settled(
  call: Promise<unknown>,
  timeoutMs: number,
  what: string,
): Promise<"resolved" | "rejected"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new assert.AssertionError({ message: `${what} did not end within ${timeoutMs} ms` })),
      timeoutMs,
    );
  });
  const outcome = call.then(
    () => "resolved" as const,
    () => "rejected" as const,
  );
  try {
    return await Promise.race([outcome, late]);
  } finally {
    clearTimeout(timer);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

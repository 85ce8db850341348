export type Wish = { readonly kind: "end" } | { readonly kind: "restart" };

/** What signals ask of this process. */
export interface Signals {
  /** Resolves at the next SIGTERM, SIGINT (end) or SIGHUP (restart). A wish that came when nobody asked waits. */
  next(): Promise<Wish>;
}

/** A second SIGTERM or SIGINT ends the process at once, whatever it is doing. */
export function listenForSignals(): Signals {
  const wishes: Wish[] = [];
  let waiting: ((wish: Wish) => void) | undefined;
  let isEnding = false;
  const wish = (each: Wish): void => {
    if (waiting) waiting(each);
    else wishes.push(each);
    waiting = undefined;
  };
  const end = (): void => {
    if (isEnding) process.exit(1);
    isEnding = true;
    wish({ kind: "end" });
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  process.on("SIGHUP", () => wish({ kind: "restart" }));
  return {
    next: () =>
      new Promise((resolve) => {
        const first = wishes.shift();
        if (first) resolve(first);
        else waiting = resolve;
      }),
  };
}

/** Milliseconds of each of many calls, one after the other. */
export async function latencies(
  count: number,
  call: (index: number) => Promise<unknown>,
): Promise<{ p50Ms: number; p99Ms: number }> {
  const took: number[] = [];
  for (let index = 0; index < count; index++) {
    const started = performance.now();
    await call(index);
    took.push(performance.now() - started);
  }
  took.sort((left, right) => left - right);
  return { p50Ms: rounded(took[Math.floor(count * 0.5)]!), p99Ms: rounded(took[Math.floor(count * 0.99)]!) };
}

/** Calls a second with so many in flight, for so long. */
export async function throughput(
  inFlight: number,
  durationMs: number,
  call: (index: number) => Promise<unknown>,
): Promise<number> {
  const started = performance.now();
  let done = 0;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() - started < durationMs) {
      await call(next++);
      done++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return Math.round((done * 1_000) / (performance.now() - started));
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}

/** Waits for the work, at most so long. Resolves to whether it was done in time; failures count as done. */
export async function within(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(late.resolve, Math.max(0, timeoutMs), false);
  const done = work.then(
    () => true,
    () => true,
  );
  const inTime = await Promise.race([done, late.promise]);
  clearTimeout(timer);
  return inTime;
}

/**
 * What must be up before the host says it is. The runtime owns two sets: that of `/v1.0/healthz`, which waits for
 * everything, the app included, and that of `/v1.0/healthz/outbound`, which waits for the APIs alone.
 */
export interface HealthTargets {
  /** Adds a target, not ready at first. The result says what became of it; a reason is for people. */
  add(name: string): { ready(): void; notReady(reason?: string): void };
  readonly ready: boolean;
  /** Names of those that are not ready, with the reason where there is one, for example `runtime: the app's port is closed`. */
  pending(): readonly string[];
}

export function createHealthTargets(): HealthTargets {
  const pending = new Map<string, string>();
  return {
    add(name) {
      pending.set(name, "");
      return {
        ready: () => void pending.delete(name),
        notReady: (reason = "") => void pending.set(name, reason),
      };
    },
    get ready() {
      return pending.size === 0;
    },
    pending: () => [...pending].map(([name, reason]) => (reason === "" ? name : `${name}: ${reason}`)),
  };
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TemporaryFolder {
  readonly path: string;
  remove(): void;
}

/** A new, empty folder that goes with this process at the latest. Its path is short: sockets live in it. */
export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), "judge-"));
  const remove = (): void => {
    open.delete(remove);
    rmSync(path, { recursive: true, force: true });
  };
  open.add(remove);
  return { path, remove };
}

const open = new Set<() => void>();
process.on("exit", () => {
  for (const remove of open) remove();
});

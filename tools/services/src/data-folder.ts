import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "./alive.ts";

/** A new folder for one server's data. Folders whose test process is gone are removed on the way. */
export function createDataFolder(name: string): string {
  const root = join(tmpdir(), "trilby-services");
  mkdirSync(root, { recursive: true });
  for (const entry of readdirSync(root)) {
    const owner = Number(entry.split("-")[0]);
    if (owner > 0 && !isAlive(owner)) rmSync(join(root, entry), { recursive: true, force: true });
  }
  const folder = mkdtempSync(join(root, `${process.pid}-${name}-`));
  // PostgreSQL runs as another user, who must be able to walk in.
  chmodSync(folder, 0o755);
  return folder;
}

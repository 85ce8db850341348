import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Launcher {
  readonly path: string;
  readonly remove: () => void;
}

/**
 * A file that can be started from any folder and with an empty environment, as the suite does: it names the Node and the built
 * host by their full paths.
 */
export function writeLauncher(hostMain: string): Launcher {
  const folder = mkdtempSync(join(tmpdir(), "trilby-integration-"));
  const path = join(folder, "trilbyd");
  writeFileSync(path, `#!/bin/sh\nunset NODE_OPTIONS\nexec '${process.execPath}' '${hostMain}' "$@"\n`);
  chmodSync(path, 0o755);
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

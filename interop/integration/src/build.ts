import { buildGo } from "@trilby/interop-judging/go";

import { neighbours } from "./versions.ts";

export interface Binaries {
  readonly suite: string;
  readonly neighbours: Readonly<Record<(typeof neighbours)[number], string>>;
}

/**
 * The suite and the programs it needs, built into the cache by the first run: five CPU minutes from nothing.
 * Throws `NotBuilt` where there is no Go, another error when it fails.
 */
export function buildBinaries(module: string): Binaries {
  const program = (name: string): string =>
    buildGo(`dapr-${name}`, module, ["build"], `github.com/dapr/dapr/cmd/${name}`);
  return {
    suite: buildGo("dapr-suite", module, ["test", "-c", "-tags", "integration"]),
    neighbours: { placement: program("placement"), scheduler: program("scheduler"), sentry: program("sentry") },
  };
}

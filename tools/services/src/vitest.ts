import { afterAll, describe, test } from "vitest";
import { startService } from "./index.ts";
import { ServiceNotRun, type ServiceName, type ServiceOf, type ServiceOptions } from "./service.ts";

/**
 * A suite with a running server. Where the server cannot be had, the suite is one skipped test named `NOT RUN ...`; where CI is set, a
 * failed one.
 */
export function describeService<Name extends ServiceName>(
  name: Name,
  ...rest: [body: Body<Name>] | [options: ServiceOptions<Name>, body: Body<Name>]
): void {
  const body = rest.at(-1) as Body<Name>;
  const options = (rest.length === 2 ? rest[0] : {}) as ServiceOptions<Name>;
  describe(name, async () => {
    let service: ServiceOf<Name>;
    try {
      service = await startService(name, options);
    } catch (error) {
      if (!(error instanceof ServiceNotRun)) throw error;
      reportNotRun(error);
      return;
    }
    afterAll(() => service.stop());
    await body(service);
  });
}

type Body<Name extends ServiceName> = (service: ServiceOf<Name>) => void | Promise<void>;

function reportNotRun(error: ServiceNotRun): void {
  const title = `NOT RUN ${error.message}`;
  if (process.env["CI"]) {
    test(title, () => {
      throw error;
    });
  } else {
    // oxlint-disable-next-line vitest/no-disabled-tests -- skipped in sight of everyone, and failed in CI
    test.skip(title, () => {});
  }
}

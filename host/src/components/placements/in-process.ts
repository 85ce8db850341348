import { type ComponentDefinition, type Logger, openComponent } from "@trilby/kit";

import { type Backing, limited, type Opener, type OpenerSettings } from "./backing.ts";

/** Opens a component in this process. `load` gives its definition, by importing its package or at once. */
export function inProcess(
  load: () => Promise<ComponentDefinition>,
  { name, properties, directions, initTimeoutMs }: OpenerSettings,
  logger: Logger,
): Opener {
  return async (signal) => {
    const definition = await load();
    const opened = await openComponent(definition, {
      name,
      properties,
      logger,
      signal: limited(signal, initTimeoutMs),
      ...(directions && { directions }),
    });
    return {
      instance: opened.instance,
      features: opened.features,
      lost: never,
      reason: () => never,
      close: () =>
        opened.close().catch((error: unknown) => logger.warn(`closing component ${name} failed: ${String(error)}`)),
    } satisfies Backing;
  };
}

const never = new Promise<never>(() => {});

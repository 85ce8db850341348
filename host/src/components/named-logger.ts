import type { Logger } from "@trilby/kit";

/** The same log, with the component's name in each line. */
export function namedLogger(logger: Logger, component: string): Logger {
  return {
    debug: (message, fields) => logger.debug(message, { ...fields, component }),
    info: (message, fields) => logger.info(message, { ...fields, component }),
    warn: (message, fields) => logger.warn(message, { ...fields, component }),
    error: (message, fields) => logger.error(message, { ...fields, component }),
  };
}

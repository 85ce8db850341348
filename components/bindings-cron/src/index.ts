import { defineBinding, text, type Binding } from "@trilby/kit";
import { parseSchedule } from "./schedule.ts";
import { startTicking } from "./ticking.ts";

export { parseSchedule, type Schedule } from "./schedule.ts";

export default defineBinding({
  type: "bindings.cron",
  version: "v1",
  status: "stable",
  title: "Cron",
  description: "Calls the application on a schedule.",
  urls: [{ title: "Reference", url: "https://docs.dapr.io/reference/components-reference/supported-bindings/cron/" }],
  placement: "in-process",
  binding: { input: true },
  metadata: {
    schedule: {
      ...text({
        description:
          "Five fields (minute, hour, day of month, month, day of week), six with seconds in front, `@every` and a duration, " +
          "or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. In local time, or that of `CRON_TZ=Europe/Rome` in front.",
        required: true,
        example: "@every 15m",
      }),
      parse: readSchedule,
    },
  },
  async open({ schedule }, { logger, name }): Promise<Binding> {
    return {
      async read(deliver) {
        return startTicking(parseSchedule(schedule), deliver, (problem) =>
          logger.warn(`binding "${name}": ${problem}`),
        );
      },
      async close() {},
    };
  },
});

/** Refuses a bad schedule with the rest of the metadata, and keeps its text. */
function readSchedule(schedule: string): string {
  if (parseSchedule(schedule).next(new Date()) === undefined) throw new Error("must be a schedule that ever comes due");
  return schedule;
}

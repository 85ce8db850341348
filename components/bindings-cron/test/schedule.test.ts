import { ComponentError, decodeMetadata } from "@trilby/kit";
import { describe, expect, test } from "vitest";
import definition, { parseSchedule } from "../src/index.ts";
import { goTimeText } from "../src/ticking.ts";

/** A Monday. */
const now = new Date("2026-11-23T06:28:38.500Z");

function runs(schedule: string, count = 3): string[] {
  const parsed = parseSchedule(schedule);
  const times: string[] = [];
  for (let time: Date | undefined = now; times.length < count && (time = parsed.next(time));)
    times.push(time.toISOString());
  return times.map((time) => time.slice(5, 19).replace("T", " "));
}

test.each([
  ["CRON_TZ=UTC 30 7 * * *", "11-23 07:30:00", "11-24 07:30:00", "11-25 07:30:00"],
  ["CRON_TZ=UTC 15 * * * * *", "11-23 06:29:15", "11-23 06:30:15", "11-23 06:31:15"],
  ["CRON_TZ=UTC */20 * * * * *", "11-23 06:28:40", "11-23 06:29:00", "11-23 06:29:20"],
  ["CRON_TZ=UTC 5/15 * * * *", "11-23 06:35:00", "11-23 06:50:00", "11-23 07:05:00"],
  ["CRON_TZ=UTC 0 9-17/4 * * mon-FRI", "11-23 09:00:00", "11-23 13:00:00", "11-23 17:00:00"],
  ["CRON_TZ=UTC 0 0 ? JAN,jul 1", "01-04 00:00:00", "01-11 00:00:00", "01-18 00:00:00"],
  ["CRON_TZ=UTC 0 0 0 1 ? ?", "12-01 00:00:00", "01-01 00:00:00", "02-01 00:00:00"],
  ["CRON_TZ=UTC 0 0 28 * thu", "11-26 00:00:00", "11-28 00:00:00", "12-03 00:00:00"],
  ["CRON_TZ=UTC 0 0 */2 * tue", "11-24 00:00:00", "11-25 00:00:00", "11-27 00:00:00"],
  ["CRON_TZ=UTC 0 0 29 2 *", "02-29 00:00:00", "02-29 00:00:00", "02-29 00:00:00"],
  ["CRON_TZ=Europe/Rome 0 8 * * *", "11-23 07:00:00", "11-24 07:00:00", "11-25 07:00:00"],
  ["TZ=Asia/Tokyo @daily", "11-23 15:00:00", "11-24 15:00:00", "11-25 15:00:00"],
  ["CRON_TZ=UTC @hourly", "11-23 07:00:00", "11-23 08:00:00", "11-23 09:00:00"],
  ["CRON_TZ=UTC @midnight", "11-24 00:00:00", "11-25 00:00:00", "11-26 00:00:00"],
  ["CRON_TZ=UTC @weekly", "11-29 00:00:00", "12-06 00:00:00", "12-13 00:00:00"],
  ["CRON_TZ=UTC @monthly", "12-01 00:00:00", "01-01 00:00:00", "02-01 00:00:00"],
  ["CRON_TZ=UTC @yearly", "01-01 00:00:00", "01-01 00:00:00", "01-01 00:00:00"],
  ["CRON_TZ=UTC @annually", "01-01 00:00:00", "01-01 00:00:00", "01-01 00:00:00"],
  ["@every 1h30m", "11-23 07:58:38", "11-23 09:28:38", "11-23 10:58:38"],
  ["  @every   1m ", "11-23 06:29:38", "11-23 06:30:38", "11-23 06:31:38"],
])("%s", (schedule, ...times) => expect(runs(schedule)).toEqual(times));

test("@every counts milliseconds, at least one", () => {
  const after = (schedule: string) => parseSchedule(schedule).next(now)!.getTime() - now.getTime();
  expect([
    after("@every 250ms"),
    after("@every 1.9ms"),
    after("@every 1us"),
    after("@every 0"),
    after("@every -5s"),
  ]).toEqual([250, 1, 1, 1, 1]);
});

describe("a schedule that is none is refused with the metadata", () => {
  test.each([
    ["* * * *", "5 or 6 fields"],
    ["* * * * * * *", "5 or 6 fields"],
    ["60 * * * *", "minute: 60"],
    ["* * * * * 8", "5 or 6 fields"],
    ["a b c d e", "5 or 6 fields"],
    ["*/0 * * * *", "5 or 6 fields"],
    ["5-1 * * * *", "5 or 6 fields"],
    ["@every soon", "must be a duration"],
    ["@every", "must not begin with @every"],
    ["@fortnightly", "must not begin with @fortnightly"],
    ["CRON_TZ=Mars/Base 0 0 * * *", "must name a time zone"],
    ["CRON_TZ=UTC", "5 or 6 fields"],
    ["0 0 30 2 *", "ever comes due"],
    ["", "schedule is required"],
  ])("%j", (schedule, message) => {
    expect(() => decodeMetadata(definition, { schedule })).toThrow(message);
    try {
      decodeMetadata(definition, { schedule });
    } catch (error) {
      expect(ComponentError.is(error) && error.problems?.[0]?.field).toBe("schedule");
    }
  });
});

test.each([
  ["2026-11-23T06:28:38.500Z", "2026-11-23 06:28:38.5 +0000 UTC"],
  ["2026-11-23T06:28:38.007Z", "2026-11-23 06:28:38.007 +0000 UTC"],
  ["2026-11-23T06:28:30.000Z", "2026-11-23 06:28:30 +0000 UTC"],
  ["2026-11-20T00:00:00.000Z", "2026-11-20 00:00:00 +0000 UTC"],
])("%s is %s in Go's words", (time, words) => expect(goTimeText(new Date(time))).toBe(words));

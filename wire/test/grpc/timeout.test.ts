import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatTimeout, parseTimeout } from "../../src/grpc/timeout.ts";

test("timeouts are written in at most eight digits and never shorter than they are", () => {
  expect(formatTimeout(1)).toBe("1m");
  expect(formatTimeout(0.2)).toBe("1m");
  expect(formatTimeout(99_999_999)).toBe("99999999m");
  expect(formatTimeout(100_000_000)).toBe("100000S");
  expect(formatTimeout(1e12)).toBe("16666667M");
  expect(formatTimeout(1e30)).toBe("99999999H");
  expect(formatTimeout(0)).toBe("1n");
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 3.5e14, noNaN: true }), (timeoutMs) => {
      const text = formatTimeout(timeoutMs);
      expect(text).toMatch(/^\d{1,8}[mSMH]$/);
      expect(parseTimeout(text)).toBeGreaterThanOrEqual(timeoutMs);
    }),
  );
});

test("every unit is read", () => {
  expect(["500n", "20u", "30m", "4S", "5M", "1H", "0m"].map(parseTimeout)).toEqual([
    5e-4, 0.02, 30, 4000, 300_000, 3_600_000, 0,
  ]);
});

test("what is no timeout is told apart", () => {
  for (const text of ["", "m", "1", "123456789m", "-1m", "1.5S", " 1m", "1 m", "1d", "1s", "0x1m"]) {
    expect(parseTimeout(text)).toBeUndefined();
  }
});

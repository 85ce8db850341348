import { expect, test } from "vitest";
import { contentType, isRawPayload, messageTtlMs, nearest, priority, stateTtlSeconds } from "../../src/index.ts";
import { editDistance } from "../../src/metadata/nearest.ts";

test.each([
  [{}, undefined],
  [{ ttlInSeconds: "" }, undefined],
  [{ TTLINSECONDS: "5" }, undefined],
  [{ ttlInSeconds: "5" }, 5],
  [{ ttlInSeconds: "-1" }, -1],
  [{ ttlInSeconds: "0" }, 0],
  [{ ttlInSeconds: "2147483647" }, 2_147_483_647],
])("time to live of state %j is %j", (metadata, seconds) => expect(stateTtlSeconds(metadata as never)).toBe(seconds));

test.each(["-2", "2147483648", "1.5", "abc", "5s"])("time to live of state %j is refused", (ttlInSeconds) =>
  expect(() => stateTtlSeconds({ ttlInSeconds })).toThrow(expect.objectContaining({ code: "invalid-argument" })),
);

test.each([
  [{}, undefined],
  [{ ttl: "" }, undefined],
  [{ ttlInSeconds: "5" }, 5000],
  [{ TTLinSeconds: "5" }, 5000],
  [{ ttl: "1m" }, 60_000],
  [{ TTL: "2", ttlInSeconds: "9" }, 2000],
])("time to live of a message %j is %j ms", (metadata, ttlMs) => expect(messageTtlMs(metadata as never)).toBe(ttlMs));

test.each(["0", "-1", "-5s", "soon"])("time to live of a message %j is refused", (ttl) =>
  expect(() => messageTtlMs({ ttl })).toThrow(expect.objectContaining({ code: "invalid-argument" })),
);

test("flags and others", () => {
  expect([
    isRawPayload({}),
    isRawPayload({ rawPayload: "true" }),
    isRawPayload({ RAWPAYLOAD: "Y" }),
    isRawPayload({ rawPayload: "treu" }),
  ]).toEqual([false, true, true, false]);
  expect([contentType({}), contentType({ contentType: "" }), contentType({ ContentType: "text/plain" })]).toEqual([
    undefined,
    undefined,
    "text/plain",
  ]);
  expect([
    priority({}),
    priority({ priority: "7" }),
    priority({ priority: "999" }),
    priority({ Priority: "-4" }),
  ]).toEqual([undefined, 7, 255, 0]);
  expect(() => priority({ priority: "high" })).toThrow(expect.objectContaining({ code: "invalid-argument" }));
});

test.each([
  ["", "", 0],
  ["abc", "", 3],
  ["kitten", "sitting", 3],
  ["hots", "host", 1],
  ["ca", "abc", 3],
])("%j and %j are %i apart", (left, right, distance) => {
  expect(editDistance(left, right)).toBe(distance);
  expect(editDistance(right, left)).toBe(distance);
});

test("the nearest of several names", () => {
  const names = ["redisHost", "redisPassword", "enableTLS", "maxRetries"];
  expect(nearest("redisHots", names)).toBe("redisHost");
  expect(nearest("REDISPASSWORD", names)).toBe("redisPassword");
  expect(nearest("host", names)).toBe("redisHost");
  expect(nearest("enabelTLS", names)).toBe("enableTLS");
  expect(nearest("colour", names)).toBeUndefined();
  expect(nearest("x", ["y"])).toBe("y");
});

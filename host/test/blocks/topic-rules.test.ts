import { describe, expect, test } from "vitest";

import { topicRules } from "../../src/blocks/pubsub/scopes.ts";

const rules = (properties: Record<string, string>): ReturnType<typeof topicRules> =>
  topicRules(new Map(Object.entries(properties)), "me");

describe("which topics an app may use", () => {
  test.each([
    ["no rules", {}, { any: true }],
    ["a list of allowed topics", { allowedtopics: "a, b" }, { a: true, b: true, c: false }],
    ["scopes of another app", { publishingscopes: "you=a" }, { a: true, b: true }],
    ["scopes of this app", { publishingscopes: "you=c; me=a,b" }, { a: true, b: true, c: false }],
    ["an empty scope", { publishingscopes: "me=" }, { a: false, "": true }],
    ["a name without list", { publishingscopes: "me" }, { a: true }],
    ["a scope beyond the allowed topics", { publishingscopes: "me=a,b", allowedtopics: "a" }, { a: true, b: false }],
    ["protected topics without a scope", { protectedtopics: "a" }, { a: false, b: true }],
    [
      "protected topics with a scope",
      { protectedtopics: "a,b", publishingscopes: "me=a" },
      { a: true, b: false, c: false },
    ],
  ])("%s", (_what, properties, expected) => {
    const { mayPublish } = rules(properties);
    for (const [topic, allowed] of Object.entries(expected))
      expect([topic, mayPublish(topic)]).toEqual([topic, allowed]);
  });

  test("publishing and subscribing have scopes of their own", () => {
    const { mayPublish, maySubscribe } = rules({ publishingscopes: "me=a", subscriptionscopes: "me=b" });
    expect([mayPublish("a"), mayPublish("b"), maySubscribe("a"), maySubscribe("b")]).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });
});

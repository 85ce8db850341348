import { expect, test } from "vitest";
import { casesOf } from "../src/suites.ts";

/**
 * What Dapr's own conformance tests check, in their order, and which of our cases check it over the protocol. Checks that the protocol
 * cannot reach (delete with prefix, keys-like, bulk subscribe) are not here.
 */
const upstream: Readonly<Record<string, readonly string[]>> = {
  "state: ping": ["state/ping-answers-or-is-not-implemented", "state/ping-over-the-wire-is-ok-or-unimplemented"],
  "state: set and get every kind of value": [
    "state/gives-back-a-number-byte-for-byte",
    "state/gives-back-a-boolean-byte-for-byte",
    "state/gives-back-one-byte-byte-for-byte",
    "state/gives-back-a-text-byte-for-byte",
    "state/gives-back-an-empty-text-byte-for-byte",
    "state/gives-back-a-text-that-holds-json-byte-for-byte",
    "state/gives-back-json-that-is-called-json",
  ],
  "state: protobuf bytes of an actor": ["state/gives-back-protobuf-bytes-byte-for-byte"],
  "state: query": [
    "state/a-query-by-or-of-eq-and-in-finds-what-matches",
    "state/a-query-by-and-of-ranges-finds-what-matches",
    "state/a-query-by-or-of-two-ands-finds-what-matches",
    "state/a-query-sorts-both-ways",
  ],
  "state: no query": ["state/without-query-api-a-query-is-not-implemented"],
  "state: delete, also of what is not there": [
    "state/a-deleted-item-is-gone",
    "state/deleting-what-is-not-there-is-no-error",
  ],
  "state: bulk set, get, delete": [
    "state/a-bulk-set-stores-every-item",
    "state/a-bulk-get-answers-every-key-once",
    "state/a-bulk-get-answers-an-absent-key-with-nothing",
    "state/a-bulk-delete-removes-every-item-and-no-other",
  ],
  "state: transactions": [
    "state/a-transaction-applies-sets-and-deletes",
    "state/a-transaction-may-delete-what-is-not-there",
    "state/a-transaction-applies-its-operations-in-order",
    "state/a-transaction-with-json-bytes-gives-the-json-back",
  ],
  "state: no transactions": ["state/without-transactional-a-transaction-is-not-implemented"],
  "state: etags": [
    "state/every-item-has-an-etag",
    "state/a-set-with-a-wrong-etag-is-refused-and-changes-nothing",
    "state/a-set-with-the-right-etag-gives-the-item-another",
    "state/a-delete-with-a-wrong-etag-is-refused-and-removes-nothing",
    "state/a-delete-with-the-right-etag-removes-the-item",
  ],
  "state: etags in bulk": [
    "state/a-bulk-set-applies-the-rows-whose-etags-match-and-no-others",
    "state/a-bulk-set-with-right-etags-applies-every-row",
    "state/a-bulk-delete-removes-the-rows-whose-etags-match-and-no-others",
    "state/a-bulk-delete-with-right-etags-removes-every-row",
  ],
  "state: no etags": ["state/without-etag-no-item-has-an-etag"],
  "state: first write": [
    "state/a-first-write-without-an-etag-succeeds-once",
    "state/a-first-write-with-an-empty-etag-succeeds-once",
    "state/a-first-write-is-refused-where-a-plain-write-was-before",
  ],
  "state: time to live": [
    "state/a-ttl-of-foo-is-refused-and-nothing-is-stored",
    "state/an-item-with-a-ttl-is-there-at-once-and-gone-in-time",
    "state/an-item-tells-when-it-expires",
    "state/a-ttl-of-minus-one-takes-the-ttl-away",
    "state/a-write-without-a-ttl-takes-the-ttl-away",
  ],
  "state: no time to live": [
    "state/without-ttl-no-item-tells-an-expiry",
    "state/an-item-without-a-ttl-tells-no-expiry",
  ],
  "pubsub: ping": ["pubsub/ping-answers-or-is-not-implemented", "pubsub/ping-over-the-wire-is-ok-or-unimplemented"],
  "pubsub: delivery goes on after errors": ["pubsub/goes-on-after-a-handler-failed"],
  "pubsub: everything arrives, in order": [
    "pubsub/delivers-everything-that-was-published",
    "pubsub/delivers-in-the-order-of-publishing",
  ],
  "pubsub: bulk publish": ["pubsub/a-bulk-publish-delivers-every-entry"],
  "pubsub: two topics, exact sets": ["pubsub/two-topics-do-not-mix"],
  "pubsub: ending one subscription leaves the other alone": ["pubsub/closing-one-subscription-leaves-the-other-alone"],
  "bindings: ping": [
    "bindings/ping-answers-or-is-not-implemented",
    "bindings/ping-over-the-wire-is-ok-or-unimplemented",
  ],
  "bindings: operations": [
    "bindings/names-its-operations-once-each",
    "bindings/operations-are-listed-right-after-init",
  ],
  "bindings: read does not block": ["bindings/starting-to-read-does-not-wait-for-an-event"],
  "bindings: create, list": ["bindings/every-operation-with-a-sample-answers-it"],
  "bindings: get what was created": ["bindings/reads-json-back-as-it-was-written"],
  "bindings: events arrive": ["bindings/events-reach-the-reader"],
  "bindings: delete": ["bindings/what-was-removed-is-read-no-more"],
  "secretstores: ping": [
    "secretstores/ping-answers-or-is-not-implemented",
    "secretstores/ping-over-the-wire-is-ok-or-unimplemented",
  ],
  "secretstores: get": [
    "secretstores/gives-each-secret-with-exactly-its-keys-and-values",
    "secretstores/without-multiple-keys-a-secret-has-one-key-its-own-name",
  ],
  "secretstores: bulk get": ["secretstores/gives-all-secrets-at-once"],
};

const ids = new Set(
  (["state", "pubsub", "bindings", "secretstores"] as const).flatMap((kind) => casesOf(kind).map(({ id }) => id)),
);

test("every check of Dapr's own suite has a case", () => {
  const missing = Object.entries(upstream).flatMap(([check, cases]) =>
    cases.filter((id) => !ids.has(id)).map((id) => `${check}: ${id}`),
  );
  expect(missing).toEqual([]);
});

import assert from "node:assert/strict";
import { RpcCode, type RpcError } from "@trilby/kit/transport";
import {
  DeleteRequest,
  SetRequest,
  StateStoreDefinition,
  TransactionalStateStoreDefinition,
} from "@trilby/proto/components";
import { BadRequest, Status } from "@trilby/proto/rpc";
import { bytes, sameBytes } from "../core/bytes.ts";
import type { Wire } from "../core/world.ts";
import { call, codeOf, statusOf } from "../wire/call.ts";
import { protocolCases } from "../wire/protocol.ts";
import type { StateCase } from "./requests.ts";

const abilities = ["wire"] as const;
const { methods } = StateStoreDefinition;

export const wireCases: readonly StateCase[] = [
  ...protocolCases("state", "state"),
  {
    id: "state/an-absent-key-is-ok-with-nothing-on-the-wire",
    class: "functional",
    abilities,
    async run({ wire, unique }) {
      const { data, etag } = await get(wire!, unique("absent"));
      assert.equal(data.length, 0);
      assert.ok(!etag?.value, "an absent key has an etag");
    },
  },
  {
    id: "state/an-instance-that-was-never-initialised-sees-nothing-of-another",
    class: "hostile",
    abilities,
    async run({ wire, unique }) {
      const key = unique("private");
      await set(wire!, { key, value: bytes("of the one instance") });
      const request = { key, metadata: {}, consistency: 0 as const };
      const other = await call(wire!, StateStoreDefinition, methods.get, request, unique("stranger")).catch(
        () => undefined,
      );
      assert.equal(
        other?.data.length ?? 0,
        0,
        "an instance that was never initialised answers with another one's data",
      );
    },
  },
  {
    id: "state/a-mismatched-etag-is-status-9-with-one-violation-of-etag",
    class: "functional",
    abilities,
    needs: ["ETAG"],
    async run({ wire, unique, facts }) {
      const key = unique("item");
      await set(wire!, { key, value: bytes("kept") });
      const error = await statusOf(
        set(wire!, { key, value: bytes("lost"), etag: { value: facts.badEtag } }),
        RpcCode.FAILED_PRECONDITION,
      );
      oneEtagViolation(error);
      sameBytes((await get(wire!, key)).data, bytes("kept"), "the value");
    },
  },
  {
    id: "state/a-mismatched-etag-of-a-delete-carries-one-violation-of-etag",
    class: "functional",
    abilities,
    needs: ["ETAG"],
    async run({ wire, unique, facts }) {
      const key = unique("item");
      await set(wire!, { key, value: bytes("kept") });
      const request = DeleteRequest.create({ key, etag: { value: facts.badEtag } });
      const refused = call(wire!, StateStoreDefinition, methods.delete, request, wire!.instanceName);
      oneEtagViolation(await statusOf(refused, RpcCode.FAILED_PRECONDITION, RpcCode.INVALID_ARGUMENT));
    },
  },
  {
    id: "state/a-mismatched-etag-in-a-bulk-carries-one-violation-of-etag",
    class: "functional",
    abilities,
    needs: ["ETAG"],
    async run({ wire, unique, facts }) {
      const [bad, good] = [unique("bad"), unique("good")];
      await set(wire!, { key: bad, value: bytes("kept") });
      const items = [
        SetRequest.create({ key: bad, value: bytes("lost"), etag: { value: facts.badEtag } }),
        SetRequest.create({ key: good, value: bytes("stored") }),
      ];
      const refused = call(
        wire!,
        StateStoreDefinition,
        methods.bulkSet,
        { items, options: undefined },
        wire!.instanceName,
      );
      oneEtagViolation(await statusOf(refused, RpcCode.FAILED_PRECONDITION));
    },
  },
  {
    id: "state/an-etag-that-is-present-and-empty-counts-as-none-on-the-wire",
    class: "functional",
    abilities,
    needs: ["ETAG"],
    async run({ wire, unique }) {
      const key = unique("item");
      await set(wire!, { key, value: bytes("one"), etag: { value: "" } });
      await set(wire!, { key, value: bytes("two"), etag: { value: "" } });
      sameBytes((await get(wire!, key)).data, bytes("two"), "the value");
    },
  },
  {
    id: "state/words-of-options-that-are-not-in-the-protocol-end-nothing",
    class: "hostile",
    abilities,
    async run({ wire, unique }) {
      const key = unique("item");
      await codeOf(set(wire!, { key, value: bytes("x"), options: { concurrency: 77 as 0, consistency: -5 as 0 } }));
      await set(wire!, { key, value: bytes("stored") });
      sameBytes((await get(wire!, key)).data, bytes("stored"), "the value");
    },
  },
  {
    id: "state/a-transaction-operation-that-says-nothing-is-refused",
    class: "hostile",
    abilities,
    needs: ["TRANSACTIONAL"],
    async run({ wire, unique }) {
      const key = unique("item");
      const operations = [
        { request: { $case: "set" as const, value: SetRequest.create({ key, value: bytes("lost") }) } },
        { request: undefined },
      ];
      const { transact } = TransactionalStateStoreDefinition.methods;
      await statusOf(
        call(wire!, TransactionalStateStoreDefinition, transact, { operations, metadata: {} }, wire!.instanceName),
      );
      assert.equal((await get(wire!, key)).data.length, 0, "half of the transaction was applied");
    },
  },
  {
    id: "state/without-transactional-the-wire-answers-unimplemented",
    class: "functional",
    abilities,
    lacks: ["TRANSACTIONAL"],
    async run({ wire }) {
      const { transact } = TransactionalStateStoreDefinition.methods;
      const request = { operations: [], metadata: {} };
      await statusOf(
        call(wire!, TransactionalStateStoreDefinition, transact, request, wire!.instanceName),
        RpcCode.UNIMPLEMENTED,
      );
    },
  },
];

function get(wire: Wire, key: string) {
  return call(wire, StateStoreDefinition, methods.get, { key, metadata: {}, consistency: 0 }, wire.instanceName);
}

function set(wire: Wire, request: Parameters<typeof SetRequest.create>[0]) {
  return call(wire, StateStoreDefinition, methods.set, SetRequest.create(request), wire.instanceName);
}

/** The only form in which Dapr's runtime knows an etag error. */
function oneEtagViolation({ details, code, message }: RpcError): void {
  assert.ok(details !== undefined, "the status has no grpc-status-details-bin");
  const status = Status.decode(details);
  assert.equal(status.code, code, "the code inside the details is another one");
  assert.equal(status.message, message, "the message inside the details is another one");
  assert.equal(status.details.length, 1, "there must be exactly one detail");
  const [detail] = status.details;
  assert.ok(detail!.typeUrl.endsWith("/google.rpc.BadRequest"), `the detail is a ${detail!.typeUrl}`);
  const { fieldViolations } = BadRequest.decode(detail!.value);
  assert.deepEqual(
    fieldViolations.map(({ field }) => field),
    ["etag"],
  );
}

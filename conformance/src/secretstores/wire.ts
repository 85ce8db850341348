import assert from "node:assert/strict";
import { RpcCode } from "@trilby/kit/transport";
import { SecretStoreDefinition } from "@trilby/proto/components";
import { call, statusOf } from "../wire/call.ts";
import type { SecretStoreCase } from "./secret-store.ts";

const { methods } = SecretStoreDefinition;

export const wireCases: readonly SecretStoreCase[] = [
  {
    id: "secretstores/a-missing-secret-is-an-error-status-and-not-a-crash",
    class: "functional",
    abilities: ["wire"],
    unless: ({ tellsMissing }) => (tellsMissing ? undefined : "the store cannot tell that a secret is not there"),
    async run({ wire, facts }) {
      const request = { key: facts.missing, metadata: { ...facts.metadata } };
      const error = await statusOf(call(wire!, SecretStoreDefinition, methods.get, request, wire!.instanceName));
      assert.notEqual(error.code, RpcCode.UNAVAILABLE, "the component is gone");
      await call(
        wire!,
        SecretStoreDefinition,
        methods.bulkGet,
        { metadata: { ...facts.metadata } },
        wire!.instanceName,
      );
    },
  },
];

import assert from "node:assert/strict";
import type { ServiceDefinition } from "@trilby/proto";
import { InputBindingDefinition, OutputBindingDefinition, ReadRequest, ReadResponse } from "@trilby/proto/components";
import { bytes } from "../core/bytes.ts";
import { settled } from "../core/expect.ts";
import { call, headers, statusOf } from "../wire/call.ts";
import { protocolCases } from "../wire/protocol.ts";
import { invoke, openBinding, propertiesOf, unlessEcho, type BindingCase, type BindingWorld } from "./binding.ts";

const abilities = ["wire"] as const;
const { methods } = OutputBindingDefinition;

export const wireCases: readonly BindingCase[] = [
  ...protocolCases("bindings", "bindings"),
  {
    id: "bindings/operations-are-listed-right-after-init",
    class: "functional",
    abilities,
    needs: ["OUTPUT"],
    async run(world) {
      const name = world.unique("fresh");
      await initialise(world, OutputBindingDefinition, name, world.unique("fresh"));
      const { operations } = await call(world.wire!, OutputBindingDefinition, methods.listOperations, {}, name);
      assert.ok(operations.length > 0, "no operations are listed");
    },
  },
  {
    id: "bindings/an-unknown-operation-is-refused-on-the-wire",
    class: "hostile",
    abilities,
    needs: ["OUTPUT"],
    async run({ wire }) {
      const request = { operation: "noSuchOperation", data: new Uint8Array(), metadata: {} };
      await statusOf(call(wire!, OutputBindingDefinition, methods.invoke, request, wire!.instanceName));
    },
  },
  {
    id: "bindings/answers-to-unknown-events-are-ignored",
    class: "hostile",
    abilities,
    needs: ["INPUT", "OUTPUT"],
    unless: unlessEcho,
    async run(world) {
      const word = world.unique("read");
      const name = world.unique("instance");
      await initialise(world, InputBindingDefinition, name, word);
      const accepted = Promise.withResolvers<void>();
      const path = `/${InputBindingDefinition.fullName}/${InputBindingDefinition.methods.read.name}`;
      const stream = world.wire!.channel.stream(path, { metadata: headers(name), onHeaders: () => accepted.resolve() });
      const answer = (messageId: string) =>
        stream.send(
          ReadRequest.encode({ messageId, responseData: new Uint8Array(), responseError: undefined }).finish(),
        );
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([accepted.promise, new Promise<void>((resolve) => (timer = setTimeout(resolve, 5_000)))]);
      clearTimeout(timer);
      await answer("no such id");

      const messages = stream.messages[Symbol.asyncIterator]();
      const writer = await openBinding(world, word);
      const ids = new Set<string>();
      for (const words of ["one", "two"]) {
        await invoke(world, writer, world.facts.echo!, word, bytes(words));
        const next = messages.next();
        assert.equal(
          await settled(next, world.facts.readTimeoutMs, `the event "${words}"`),
          "resolved",
          "the stream ended",
        );
        const { done, value } = await next;
        assert.ok(!done, "the stream ended");
        const { messageId } = ReadResponse.decode(value);
        ids.add(messageId);
        await answer(messageId);
        await answer(messageId);
      }
      assert.equal(ids.size, 2, "two events have the same id");
      stream.cancel();
    },
  },
];

async function initialise(
  world: BindingWorld,
  service: ServiceDefinition,
  instance: string,
  word: string,
): Promise<void> {
  const metadata = { properties: propertiesOf(world, word) };
  await call(world.wire!, service, service.methods["init"]!, { metadata }, instance);
}

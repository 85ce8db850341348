import assert from "node:assert/strict";
import type { Kind } from "@trilby/kit";
import { RpcCode } from "@trilby/kit/transport";
import type { ServiceDefinition } from "@trilby/proto";
import { v1alpha } from "@trilby/proto/reflection";
import type { Case } from "../core/case.ts";
import type { World } from "../core/world.ts";
import { call, codeOf, headers, statusOf } from "./call.ts";
import { probes } from "./probe.ts";

const abilities = ["wire"] as const;

/** What Dapr's runtime relies on whatever the kind. `word` names the kind in the ids. */
export function protocolCases<K extends Kind>(kind: K, word: string): readonly Case<K>[] {
  const probe = probes[kind];
  const initialise = async (
    world: World<K>,
    instance: string | undefined,
    properties = probe.properties(world),
  ): Promise<void> => {
    for (const service of probe.services(world.wire!)) {
      await call(
        world.wire!,
        service,
        service.methods["init"]!,
        { metadata: { properties: { ...properties } } },
        instance,
      );
    }
  };
  const eachMethod = (world: World<K>): { service: ServiceDefinition; path: string }[] =>
    probe.services(world.wire!).flatMap((service) =>
      Object.values(service.methods)
        .filter(({ requestStream }) => !requestStream)
        .map(({ name }) => ({ service, path: `/${service.fullName}/${name}` })),
    );

  return [
    {
      id: `${word}/reflection-v1alpha-lists-the-services`,
      class: "functional",
      abilities,
      async run({ wire }) {
        const stream = wire!.channel.stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", {
          timeoutMs: 10_000,
        });
        const request = { host: "", messageRequest: { $case: "listServices" as const, value: "*" } };
        await stream.send(v1alpha.ServerReflectionRequest.encode(request).finish());
        let listed: readonly string[] = [];
        for await (const bytes of stream.messages) {
          const { messageResponse } = v1alpha.ServerReflectionResponse.decode(bytes);
          stream.end();
          assert.equal(messageResponse?.$case, "listServicesResponse");
          listed = messageResponse.value.service.map(({ name }) => name);
          break;
        }
        for (const { fullName } of probe.services(wire!))
          assert.ok(listed.includes(fullName), `${fullName} is not listed`);
        assert.ok(probe.services(wire!).length > 0, "no service of this kind is listed");
      },
    },
    {
      id: `${word}/ping-over-the-wire-is-ok-or-unimplemented`,
      class: "functional",
      abilities,
      async run({ wire }) {
        for (const service of probe.services(wire!)) {
          const code = await codeOf(call(wire!, service, service.methods["ping"]!, {}, wire!.instanceName));
          assert.ok(
            code === RpcCode.OK || code === RpcCode.UNIMPLEMENTED,
            `Ping of ${service.fullName} ended with status ${code}`,
          );
        }
      },
    },
    {
      id: `${word}/a-call-without-the-instance-header-is-for-an-instance-without-a-name`,
      class: "functional",
      abilities,
      async run(world) {
        await initialise(world, undefined);
        await probe.use(world, undefined);
        await probe.use(world, world.wire!.instanceName);
      },
    },
    {
      id: `${word}/a-second-init-of-an-instance-replaces-it`,
      class: "functional",
      abilities,
      async run(world) {
        const name = world.unique("twice");
        const properties = probe.properties(world);
        await initialise(world, name, properties);
        await probe.use(world, name);
        await initialise(world, name, properties);
        await probe.use(world, name);
      },
    },
    {
      id: `${word}/features-asked-before-init-do-no-harm`,
      class: "functional",
      abilities,
      async run(world) {
        const name = world.unique("early");
        for (const service of probe.services(world.wire!)) {
          const early = service.methods["features"] ?? service.methods["listOperations"] ?? service.methods["ping"]!;
          await codeOf(call(world.wire!, service, early, {}, name));
        }
        await initialise(world, name);
        await probe.use(world, name);
      },
    },
    {
      id: `${word}/an-instance-whose-init-fails-leaves-the-others-alone`,
      class: "hostile",
      abilities,
      async run(world) {
        const name = world.unique("broken");
        const garbage = Object.fromEntries(
          Object.keys(world.properties).map((key) => [key, "\u0000 not a value \uffff"]),
        );
        // Whether it is refused depends on the component; that the others work does not.
        await initialise(world, name, { ...garbage, trilbyUnknownField: "x" }).catch(() => undefined);
        await probe.use(world, world.wire!.instanceName);
      },
    },
    {
      id: `${word}/an-instance-that-was-never-initialised-harms-nobody`,
      class: "hostile",
      abilities,
      async run(world) {
        const name = world.unique("never");
        await codeOf(probe.use(world, name));
        await probe.use(world, world.wire!.instanceName);
        await initialise(world, name);
        await probe.use(world, name);
      },
    },
    {
      id: `${word}/bytes-that-are-no-message-get-an-error-and-end-nothing`,
      class: "hostile",
      abilities,
      async run(world) {
        const { channel, instanceName } = world.wire!;
        for (const { path } of eachMethod(world)) {
          // A tag that goes on for ever: no decoder takes it.
          const garbage = new Uint8Array(32).fill(0xff);
          const error = await statusOf(
            channel.unary(path, garbage, { metadata: headers(instanceName), timeoutMs: 10_000 }),
          );
          assert.notEqual(error.code, RpcCode.UNAVAILABLE, `${path}: the component is gone`);
          assert.notEqual(error.code, RpcCode.DEADLINE_EXCEEDED, `${path}: no answer`);
        }
        await probe.use(world, instanceName);
      },
    },
    {
      id: `${word}/fields-that-are-not-in-the-protocol-are-ignored`,
      class: "hostile",
      abilities,
      async run(world) {
        const { channel } = world.wire!;
        const name = world.unique("newer");
        for (const service of probe.services(world.wire!)) {
          const init = service.methods["init"]!;
          const known = init.requestType.encode({ metadata: { properties: { ...probe.properties(world) } } }).finish();
          // Field 999 with the number 7, as a newer runtime might send it.
          const newer = Buffer.concat([known, Uint8Array.of(0xb8, 0x3e, 0x07)]);
          await channel.unary(`/${service.fullName}/${init.name}`, newer, {
            metadata: headers(name),
            timeoutMs: 15_000,
          });
        }
        await probe.use(world, name);
      },
    },
    {
      id: `${word}/a-method-that-is-not-in-the-protocol-is-unimplemented`,
      class: "hostile",
      abilities,
      async run({ wire }) {
        for (const { fullName } of probe.services(wire!)) {
          const unknown = wire!.channel.unary(`/${fullName}/NoSuchMethod`, new Uint8Array(), { timeoutMs: 10_000 });
          await statusOf(unknown, RpcCode.UNIMPLEMENTED);
        }
      },
    },
  ];
}

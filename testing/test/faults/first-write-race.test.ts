import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { describeService } from "@trilby/services/vitest";
import { test } from "vitest";

import { account } from "./account.ts";
import { component, createTrilbyd, type Trilbyd } from "./trilbyd.ts";

// Two hosts on one Redis, 64 clients that save the same key at the same time with first-write: exactly one may win a round.

const clients = 64;
const rounds = 10_000;

describeService("redis", (redis) => {
  test("exactly one of 64 clients of two hosts wins each of 10,000 rounds", { timeout: 600_000 }, async () => {
    const setup = {
      resources: { "store.yaml": component("store", "state.redis", { redisHost: redis.address, keyPrefix: "none" }) },
      // In the host's process: it is the store that is raced for, and 640,000 saves take their time.
      flags: ["--placement=in-process"],
    };
    const hosts: Trilbyd[] = [await createTrilbyd(setup), await createTrilbyd(setup)];
    const racers: Racer[] = [];
    try {
      await Promise.all(hosts.map((host) => host.start()));
      for (let index = 0; index < clients; index++) racers.push(await openRacer(hosts[index % hosts.length]!.httpPort));
      const beganAt = performance.now();
      for (let round = 0; round < rounds; round++) {
        // Half of the rounds create a key, the others update one key whose etag everybody knows.
        const item =
          round % 2 === 0
            ? `{"key":"race-${round}","value":${round},"options":{"concurrency":"first-write"}}`
            : `{"key":"race","value":${round},"etag":"${(round + 1) / 2}","options":{"concurrency":"first-write"}}`;
        if (round === 0) await save(racers[0]!, `[{"key":"race","value":0}]`);
        const request = saveRequest(`[${item}]`);
        const answers = await Promise.all(racers.map((racer) => racer.send(request)));
        const winners = answers.filter(({ status }) => status === 204).length;
        const losers = answers.filter((answer) => hasLost(answer, round % 2 === 0)).length;
        assert.ok(
          winners === 1 && losers === clients - 1,
          `round ${round}: ${winners} won, ${losers} lost: ${answers.map(({ status, body }) => `${status} ${body}`).join("\n")}`,
        );
      }
      const seconds = (performance.now() - beganAt) / 1000;
      account(`${rounds} rounds of ${clients} saves in ${seconds.toFixed(1)} s`);
    } finally {
      for (const racer of racers) racer.close();
      await Promise.all(hosts.map((host) => host.stop()));
    }
  });
});

async function save(racer: Racer, body: string): Promise<void> {
  assert.equal((await racer.send(saveRequest(body))).status, 204);
}

/** Dapr's store tells a conflict with an etag from one without: the second is an error like any other. */
function hasLost({ status, body }: Answer, isCreation: boolean): boolean {
  return isCreation ? status === 500 && body.includes("is there already") : status === 409;
}

const saveRequest = (body: string): Buffer =>
  Buffer.from(
    `POST /v1.0/state/store HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );

interface Answer {
  readonly status: number;
  readonly body: string;
}

interface Racer {
  /** One at a time. */
  send(request: Buffer): Promise<Answer>;
  close(): void;
}

/** A connection that costs as little as can be: the machine is to be busy with the hosts. */
async function openRacer(port: number): Promise<Racer> {
  const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  let pending: PromiseWithResolvers<Answer> | undefined;
  let received = "";
  socket.setEncoding("latin1");
  socket.on("data", (part: string) => {
    received += part;
    const head = received.indexOf("\r\n\r\n");
    if (head === -1) return;
    const length = Number(/content-length: *(\d+)/i.exec(received.slice(0, head))?.[1] ?? 0);
    if (received.length < head + 4 + length) return;
    const answer = { status: Number(received.slice(9, 12)), body: received.slice(head + 4) };
    received = "";
    pending?.resolve(answer);
  });
  socket.on("close", () => pending?.reject(new Error("the host closed the connection")));
  return {
    send(request) {
      pending = Promise.withResolvers<Answer>();
      socket.write(request);
      return pending.promise;
    },
    close: () => socket.destroy(),
  };
}

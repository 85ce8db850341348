import assert from "node:assert/strict";
import { ComponentError, type PubSub } from "@trilby/kit";
import { eventually, pause } from "../core/expect.ts";
import {
  numbered,
  openBroker,
  openInbox,
  publish,
  publishAll,
  topicOf,
  type PubSubCase,
  type PubSubWorld,
} from "./inbox.ts";

const unlessSurvives = ({ survivesBrokerRestart }: { survivesBrokerRestart: boolean }) =>
  survivesBrokerRestart ? undefined : "the broker forgets its messages when it ends";

/** All of these prove: what was published is handled, or still on the broker. */
export const faultCases: readonly PubSubCase[] = [
  {
    id: "pubsub/refusals-and-departures-lose-nothing",
    class: "fault",
    timeoutMs: 90_000,
    unless: ({ redeliversFailed, redeliversUnanswered }) =>
      redeliversFailed && redeliversUnanswered ? undefined : "the broker forgets what it has handed out",
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const texts = numbered("message", 1, 40);
      const handled = new Set<string>();
      const tried = new Set<string>();
      let turn = 0;
      const subscribe = () =>
        openInbox(world, broker, topic, async (words) => {
          await pause(1);
          if (!tried.has(words)) {
            tried.add(words);
            turn++;
            if (turn % 4 === 0) throw new Error("refused");
            if (turn % 7 === 0) throw new ComponentError("cancelled", "left");
          }
          handled.add(words);
        });
      let inbox = await subscribe();
      await publishAll(world, broker, topic, texts.slice(0, 20));
      await inbox.close();
      inbox = await subscribe();
      await publishAll(world, broker, topic, texts.slice(20));
      // Those that nobody answered come to the next subscriber. A broker that keeps the order delivers nothing behind one of them.
      for (let round = 0; round < 8 && handled.size < texts.length; round++) {
        await pause(world.facts.silenceMs);
        await inbox.close();
        inbox = await subscribe();
      }
      await eventually(world.facts.patienceMs, () =>
        assert.deepEqual(
          texts.filter((each) => !handled.has(each)),
          [],
        ),
      );
      await inbox.close();
    },
  },
  {
    id: "pubsub/a-component-killed-in-the-middle-of-a-delivery-loses-nothing",
    class: "fault",
    abilities: ["kill-component"],
    timeoutMs: 90_000,
    unless: ({ durable }) => (durable ? undefined : "messages do not outlive the process that carries them"),
    async run(world) {
      const [group, topic] = [world.unique("group"), topicOf(world)];
      const broker = await openBroker(world, group);
      const handled = new Set<string>();
      const inHandler = Promise.withResolvers<void>();
      let killed = false;
      await openInbox(world, broker, topic, async (words) => {
        if (words === "message 5") {
          inHandler.resolve();
          // In the handler's hands when the component dies: whatever the handler says then, nobody hears it.
          await pause(world.facts.patienceMs);
        }
        if (!killed) handled.add(words);
      });
      const texts = numbered("message", 1, 20);
      await publishAll(world, broker, topic, texts);
      await inHandler.promise;
      killed = true;
      await world.process!.kill();
      await world.process!.restart();
      const again = await openBroker(world, group);
      const inbox = await openInbox(world, again, topic, (words) => void handled.add(words));
      await eventually(world.facts.patienceMs, () =>
        assert.deepEqual(
          texts.filter((each) => !handled.has(each)),
          [],
        ),
      );
      await publish(world, again, topic, "after");
      await inbox.handles(["after"]);
      await inbox.close();
    },
  },
  {
    id: "pubsub/a-broker-that-was-killed-and-started-again-loses-nothing-that-it-took",
    class: "fault",
    abilities: ["stop-backend"],
    timeoutMs: 120_000,
    unless: unlessSurvives,
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const inbox = await openInbox(world, broker, topic);
      await publish(world, broker, topic, "before");
      await inbox.handles(["before"]);
      const taken = await publishing(world, broker, topic, async (attempt) => {
        await pause(100);
        await world.backend!.kill();
        await pause(300);
        await world.backend!.restart();
        await eventually(world.facts.patienceMs, () => attempt("after"));
      });
      assert.ok(taken.has("after"));
      await inbox.handles([...taken], world.facts.patienceMs);
      await inbox.close();
    },
  },
  {
    id: "pubsub/a-broker-that-hangs-for-a-while-loses-nothing-that-it-took",
    class: "fault",
    abilities: ["slow-backend"],
    timeoutMs: 120_000,
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const inbox = await openInbox(world, broker, topic);
      await publish(world, broker, topic, "before");
      await inbox.handles(["before"]);
      const taken = await publishing(world, broker, topic, async (attempt) => {
        await pause(100);
        await world.backend!.pause();
        await pause(1_500);
        await world.backend!.resume();
        await eventually(world.facts.patienceMs, () => attempt("after"));
      });
      assert.ok(taken.has("after"));
      await inbox.handles([...taken], world.facts.patienceMs);
      await inbox.close();
    },
  },
];

/** Publishes all the while something happens to the broker; resolves to what the broker took. */
async function publishing(
  world: PubSubWorld,
  broker: PubSub,
  topic: string,
  happens: (attempt: (words: string) => Promise<void>) => Promise<void>,
): Promise<Set<string>> {
  const taken = new Set<string>();
  const attempt = async (words: string): Promise<void> => {
    await publish(world, broker, topic, words);
    taken.add(words);
  };
  const over = new AbortController();
  const stream = (async () => {
    for (let number = 1; !over.signal.aborted; number++) {
      // One that is not taken may be published or not: nobody was promised anything.
      await attempt(`message ${number}`).catch(() => undefined);
      await pause(10);
    }
  })();
  try {
    await happens(attempt);
  } finally {
    over.abort();
    await stream;
  }
  return taken;
}

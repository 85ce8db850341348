import { ComponentError } from "@trilby/kit";
import { delivering, publishing, textOf, type PubSubMutant } from "./reference.ts";

const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export const deliveryMutants: readonly PubSubMutant[] = [
  {
    name: "refuses ping",
    caughtBy: ["pubsub/ping-answers-or-is-not-implemented"],
    methods: () => ({
      async ping() {
        throw new ComponentError("internal", "no");
      },
    }),
  },
  {
    name: "loses each tenth message",
    caughtBy: [
      "pubsub/delivers-everything-that-was-published",
      "pubsub/200-messages-at-once-all-arrive",
      "pubsub/figures-of-publish-and-delivery",
    ],
    methods(right) {
      let count = 0;
      return publishing(right, (request) => (++count % 10 === 0 ? undefined : request));
    },
  },
  {
    name: "names the subscription's topic and not the message's",
    caughtBy: ["pubsub/a-wildcard-gets-what-it-matches-and-nothing-else"],
    methods: (right) => ({
      subscribe: (request, deliver) =>
        right.subscribe(request, (message) => deliver({ ...message, topic: request.topic })),
    }),
  },
  {
    name: "names no topic",
    caughtBy: ["pubsub/a-message-names-the-topic-it-came-by"],
    methods: (right) => delivering(right, (deliver) => (message) => deliver({ ...message, topic: "" })),
  },
  {
    name: "publishes in any order",
    caughtBy: ["pubsub/delivers-in-the-order-of-publishing"],
    methods: (right) => ({
      async publish(request) {
        setTimeout(() => void right.publish(request), Number(textOf(request.data).split(" ")[1]) % 2 === 0 ? 30 : 60);
      },
    }),
  },
  {
    name: "stops at the first failure",
    caughtBy: ["pubsub/goes-on-after-a-handler-failed"],
    methods: (right) =>
      delivering(right, (deliver) => {
        let stopped = false;
        return async (message) => {
          if (stopped) await new Promise(() => undefined);
          try {
            await deliver(message);
          } catch (error) {
            stopped = true;
            throw error;
          }
        };
      }),
  },
  {
    name: "acknowledges before it delivers",
    caughtBy: [
      "pubsub/a-message-whose-handler-failed-comes-again",
      "pubsub/a-message-whose-subscriber-went-away-goes-to-the-next-one",
      "pubsub/a-handler-that-rejects-with-nothing-has-not-handled",
      "pubsub/refusals-and-departures-lose-nothing",
      "pubsub/a-component-killed-in-the-middle-of-a-delivery-loses-nothing",
    ],
    methods: (right) =>
      delivering(right, (deliver) => async (message) => {
        void deliver(message).catch(() => undefined);
      }),
  },
  {
    name: "takes a subscriber that left for one that handled",
    caughtBy: ["pubsub/a-message-whose-subscriber-went-away-goes-to-the-next-one"],
    methods: (right) =>
      delivering(
        right,
        (deliver) => (message) =>
          deliver(message).catch((error: unknown) => {
            if (!(ComponentError.is(error) && error.code === "cancelled")) throw error;
          }),
      ),
  },
  {
    name: "delivers everything twice",
    caughtBy: [
      "pubsub/a-message-that-was-handled-does-not-come-again",
      "pubsub/two-topics-do-not-mix",
      "pubsub/200-messages-at-once-all-arrive",
    ],
    methods: (right) =>
      delivering(right, (deliver) => async (message) => {
        await deliver(message);
        await deliver(message);
      }),
  },
  {
    name: "forgets acknowledgements when a subscription closes",
    caughtBy: [
      "pubsub/a-message-that-was-handled-does-not-come-again",
      "pubsub/closing-waits-for-the-delivery-under-way-and-acknowledges-it",
    ],
    methods(right, backend) {
      return {
        async subscribe(request, deliver) {
          const taken: Parameters<typeof deliver>[0][] = [];
          const subscription = await right.subscribe(request, async (message) => {
            await deliver(message);
            taken.push(message);
          });
          return {
            async close() {
              await subscription.close();
              for (const message of taken.splice(0)) backend.publish(message, undefined);
            },
          };
        },
      };
    },
  },
  {
    name: "publishes to every topic that begins the same",
    caughtBy: ["pubsub/two-topics-do-not-mix"],
    methods: (right) => ({
      subscribe: (request, deliver) => right.subscribe({ ...request, topic: "*" }, deliver),
    }),
  },
  {
    name: "closes all subscriptions with one",
    caughtBy: ["pubsub/closing-one-subscription-leaves-the-other-alone"],
    methods(right) {
      const all: (() => Promise<void>)[] = [];
      return {
        async subscribe(request, deliver) {
          const { close } = await right.subscribe(request, deliver);
          all.push(close);
          return { close: async () => void (await Promise.all(all.map((each) => each()))) };
        },
      };
    },
  },
  {
    name: "does not close subscriptions",
    caughtBy: ["pubsub/a-closed-subscription-gets-nothing-more"],
    methods: (right) => ({
      async subscribe(request, deliver) {
        await right.subscribe(request, deliver);
        return { async close() {} };
      },
    }),
  },
  {
    name: "closes without waiting for the handler",
    caughtBy: ["pubsub/closing-waits-for-the-delivery-under-way-and-acknowledges-it"],
    methods: (right) => ({
      async subscribe(request, deliver) {
        const subscription = await right.subscribe(request, deliver);
        return { close: async () => void subscription.close() };
      },
    }),
  },
  {
    name: "forgets a consumer's messages while it is away",
    caughtBy: [
      "pubsub/messages-wait-for-a-subscriber-that-is-away",
      "pubsub/a-component-killed-in-the-middle-of-a-delivery-loses-nothing",
    ],
    methods: (right, backend) => ({
      async subscribe(request, deliver) {
        for (const group of backend.groups.values()) if (group.matches(request.topic)) group.pending.length = 0;
        return right.subscribe(request, deliver);
      },
    }),
  },
  {
    name: "puts every subscriber into one group",
    caughtBy: ["pubsub/subscribers-by-different-names-each-get-everything"],
    open: ({ name = "reference" }, right) => right({ name }),
  },
  {
    name: "gives messages only to its last subscription, and loses those of the first",
    caughtBy: ["pubsub/two-subscriptions-to-one-topic-miss-nothing"],
    methods(right) {
      let first = true;
      return {
        async subscribe(request, deliver) {
          const swallow = first;
          first = false;
          return right.subscribe(request, swallow ? async () => {} : deliver);
        },
      };
    },
  },
  {
    name: "goes on while it is paused",
    caughtBy: ["pubsub/while-paused-nothing-comes-and-afterwards-everything"],
    methods: () => ({ async pause() {}, async resume() {} }),
  },
  {
    name: "drops what comes while it is paused",
    caughtBy: ["pubsub/while-paused-nothing-comes-and-afterwards-everything"],
    methods(right) {
      let paused = false;
      return {
        async pause() {
          paused = true;
        },
        async resume() {
          paused = false;
        },
        ...delivering(right, (deliver) => async (message) => (paused ? undefined : deliver(message))),
      };
    },
  },
  {
    name: "delivers one message in 50 milliseconds and gives up after 10",
    caughtBy: ["pubsub/200-messages-at-once-all-arrive"],
    methods: (right) =>
      delivering(right, (deliver) => {
        let count = 0;
        return async (message) => {
          if (++count > 10) return;
          await later(1);
          await deliver(message);
        };
      }),
  },
];

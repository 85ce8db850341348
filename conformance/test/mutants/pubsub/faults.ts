import type { PubSubMutant } from "./reference.ts";

export const faultMutants: readonly PubSubMutant[] = [
  {
    name: "gives up a subscription when the broker goes away",
    caughtBy: [
      "pubsub/a-broker-that-was-killed-and-started-again-loses-nothing-that-it-took",
      "pubsub/a-broker-that-hangs-for-a-while-loses-nothing-that-it-took",
    ],
    methods: (right, backend) => ({
      async subscribe(request, deliver) {
        const subscription = await right.subscribe(request, deliver);
        backend.onBack(() => void subscription.close());
        return subscription;
      },
    }),
  },
  {
    name: "takes messages while the broker is away, and drops them",
    caughtBy: [
      "pubsub/a-broker-that-was-killed-and-started-again-loses-nothing-that-it-took",
      "pubsub/a-broker-that-hangs-for-a-while-loses-nothing-that-it-took",
    ],
    methods: (right, backend) => ({
      publish: async (request) => (backend.isDown ? undefined : right.publish(request)),
    }),
  },
  {
    name: "takes a refusal for an answer",
    caughtBy: ["pubsub/refusals-and-departures-lose-nothing"],
    methods: (right) => ({
      subscribe: (request, deliver) => right.subscribe(request, (message) => deliver(message).catch(() => undefined)),
    }),
  },
];

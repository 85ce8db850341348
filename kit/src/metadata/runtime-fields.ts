import type { Kind } from "../contract/definition.ts";
import type { FieldNotes } from "./field.ts";

export interface RuntimeField extends FieldNotes {
  readonly type: "string" | "bool";
  readonly allowedValues?: readonly string[];
}

/**
 * Metadata that stands in a component's YAML but is read by the runtime. A component takes no notice of these keys, unless
 * it declares a field of that name itself.
 */
export const runtimeFields: Readonly<Record<Kind, Readonly<Record<string, RuntimeField>>>> = {
  state: {
    keyPrefix: {
      type: "string",
      description: "What stands in front of keys: appid, name, namespace, none, or a text of your own.",
      example: "appid",
    },
    actorStateStore: { type: "bool", description: "Keep the state of actors and workflows here.", example: "true" },
    outboxPublishPubsub: {
      type: "string",
      description: "Pub/sub that gets the messages of transactions.",
      example: "pubsub",
    },
    outboxPublishTopic: {
      type: "string",
      description: "Topic that gets the messages of transactions.",
      example: "orders",
    },
    outboxPubsub: {
      type: "string",
      description: "Pub/sub of the internal topic, when another one.",
      example: "pubsub",
    },
    outboxDiscardWhenMissingState: {
      type: "bool",
      description: "Drop a message whose state is not found.",
      example: "false",
    },
    primaryEncryptionKey: {
      type: "string",
      sensitive: true,
      description: "AES key in hex that values are encrypted with.",
      example: "",
    },
    secondaryEncryptionKey: { type: "string", sensitive: true, description: "Former key, for reading.", example: "" },
  },
  pubsub: {
    consumerID: {
      type: "string",
      description: "Name of the consumer group. The app id when absent.",
      example: "orders",
    },
    allowedTopics: {
      type: "string",
      description: "The only topics that may be used, separated by commas.",
      example: "a,b",
    },
    publishingScopes: { type: "string", description: "Topics that apps may publish to.", example: "app1=a,b;app2=" },
    subscriptionScopes: {
      type: "string",
      description: "Topics that apps may subscribe to.",
      example: "app1=a,b;app2=",
    },
    protectedTopics: { type: "string", description: "Topics that need an explicit scope.", example: "a,b" },
  },
  bindings: {
    direction: { type: "string", description: "Halves to open: input, output, or both.", example: "input, output" },
    route: {
      type: "string",
      description: "Path of the application that gets the events. The component's name when absent.",
      example: "/events",
    },
  },
  secretstores: {},
};

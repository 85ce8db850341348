import { ComponentError } from "@trilby/kit";
import { hostileCases } from "../../../src/pubsub/hostile.ts";
import { bytesOf, delivering, publishing, textOf, type Broker, type PubSubMutant } from "./reference.ts";

const payloadCases = hostileCases.map(({ id }) => id).filter((id) => id.startsWith("pubsub/delivers-"));
const aTopicOf = (...names: string[]) => names.map((name) => `pubsub/a-topic-of-${name}-is-refused-or-its-own`);

export const hostileMutants: readonly PubSubMutant[] = [
  {
    name: "adds a line break to payloads",
    caughtBy: payloadCases,
    methods: (right) =>
      delivering(
        right,
        (deliver) => (message) => deliver({ ...message, data: Buffer.concat([message.data, bytesOf("\n")]) }),
      ),
  },
  {
    name: "carries payloads as text",
    caughtBy: [
      "pubsub/delivers-all-256-bytes-as-they-were-published",
      "pubsub/delivers-bytes-that-are-not-utf-8-as-they-were-published",
      "pubsub/delivers-a-message-of-the-largest-size",
    ],
    methods: (right) => publishing(right, (request) => ({ ...request, data: bytesOf(textOf(request.data)) })),
  },
  {
    name: "drops empty messages",
    caughtBy: ["pubsub/delivers-no-bytes-at-all-as-they-were-published"],
    methods: (right) => publishing(right, (request) => (request.data.length === 0 ? undefined : request)),
  },
  ...(
    [
      ["keeps two parts of a topic", ["dots"], (topic) => topic.split(".").slice(0, 2).join(".")],
      ["keeps two levels of a topic", ["slashes"], (topic) => topic.split("/").slice(0, 2).join("/")],
      ["folds the case of topics", ["upper-case"], (topic) => topic.toLowerCase()],
      ["takes underscores for dots", ["underscores"], (topic) => topic.replaceAll("_", ".")],
      ["keeps one blank of a topic", ["blanks"], (topic) => topic.split(" ").slice(0, 2).join(" ")],
      ["drops double quotes from topics", ["quotes"], (topic) => topic.replaceAll('"', "")],
      [
        "folds letters of topics",
        ["letters-of-many-scripts"],
        (topic) => topic.replaceAll("ß", "ss").replaceAll("ö", "o"),
      ],
      ["cuts topics at 100 characters", ["200-characters"], (topic) => topic.slice(0, 100)],
    ] as readonly [string, string[], (topic: string) => string][]
  ).map(([name, caught, change]): PubSubMutant => ({
    name,
    caughtBy: aTopicOf(...caught),
    methods: (right) => retopiced(right, change),
  })),
  {
    name: "takes an empty topic",
    caughtBy: ["pubsub/an-empty-topic-is-refused"],
    methods: (right) => retopiced(right, (topic) => topic || "empty"),
  },
  {
    name: "refuses metadata of a message that it does not know",
    caughtBy: ["pubsub/unknown-publish-metadata-is-ignored"],
    methods: (right) =>
      publishing(right, (request) => {
        if ("x-unknown" in request.metadata) throw new ComponentError("invalid-argument", "unknown metadata");
        return request;
      }),
  },
  {
    name: "knows only one spelling of its metadata",
    caughtBy: ["pubsub/metadata-names-are-compared-without-case"],
    async open({ properties = { label: "" }, ...settings }, right) {
      if (!Object.hasOwn(properties, "label")) throw new ComponentError("invalid-metadata", "label is missing");
      return right({ properties, ...settings });
    },
  },
  {
    name: "ignores metadata that it does not know",
    caughtBy: ["pubsub/unknown-metadata-is-refused-by-name"],
    open: ({ name = "reference" }, right) => right({ name }),
  },
  {
    name: "works on after close",
    caughtBy: ["pubsub/a-closed-instance-refuses-calls"],
    open: async (settings, right) => ({ ...(await right(settings)), async close() {} }),
  },
];

function retopiced(right: Broker, change: (topic: string) => string): Partial<Broker> {
  return {
    publish: (request) => right.publish({ ...request, topic: change(request.topic) }),
    subscribe: (request, deliver) => right.subscribe({ ...request, topic: change(request.topic) }, deliver),
  };
}

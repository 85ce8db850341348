import { names, secrets, topicsOf } from "./resources.ts";
import type { RunSettings } from "./run-app.ts";

/** What a step has to answer, see APP.md. */
export type Expected =
  | { readonly result: unknown }
  /** A refusal: `code` as the SDK shows it, `says` stands in its message; `after` is what there is then. */
  | { readonly code: string; readonly says: string; readonly after?: unknown }
  /** The SDK has no such thing. */
  | "unsupported";

export interface Asked extends RunSettings {
  readonly language: string;
}

/** Every step in its order with what it has to answer, as a stock daprd 1.18.2 does. */
export function expectedAnswers(asked: Asked): ReadonlyMap<string, Expected> {
  const { language, client, appId } = asked;
  const nothing = nothingIn[language] ?? null;
  const event = eventShownTo(asked);
  const refused = (http: string, grpc: string, says: string, more: { after?: unknown } = {}): Expected => ({
    code: client === "http" ? http : grpc,
    says,
    ...more,
  });
  const table: Readonly<Record<string, Expected>> = {
    health: { result: true },
    "metadata.get": { result: { id: appId, components: components.toSorted() } },
    "metadata.set": { result: "sweet & sour" },
    "state.save": { result: true },
    "state.get": {
      result: {
        text: "Żółć 🎩",
        object: { items: [1, "two", null], nested: { ok: true } },
        number: 42,
        etag: true,
      },
    },
    "state.get.missing": { result: nothing },
    "state.etag.match": { result: { version: 2 } },
    "state.etag.conflict": refused(
      "409 ERR_STATE_SAVE",
      "ABORTED",
      "failed saving state in state store statestore: possible etag mismatch. error from state store: ",
      { after: { version: 2 } },
    ),
    "state.save.bulk": { result: true },
    "state.get.bulk": {
      result: [
        ...[1, 2, 3].map((n) => ({ key: `bulk-${n}`, value: { n }, etag: true })),
        // Over HTTP the entry has no value at all.
        { key: "bulk-missing", value: client === "http" ? null : nothing, etag: false },
      ],
    },
    "state.transaction": { result: { "tx-1": { n: 1 }, "tx-2": { n: 2 }, "bulk-3": nothing } },
    "state.delete": { result: nothing },
    "state.delete.etag.conflict": refused(
      "409 ERR_STATE_DELETE",
      "ABORTED",
      ": possible etag mismatch. error from state store: ",
      { after: { version: 2 } },
    ),
    "state.ttl": { result: { before: { n: 1 }, after: nothing } },
    publish: { result: true },
    "publish.text": { result: true },
    "publish.metadata": { result: true },
    "publish.bulk": { result: 0 },
    subscribe: { result: event({ data: { orderId: "json", amount: 42 } }) },
    "subscribe.text": { result: event({ data: "plain Żółć", datacontenttype: "text/plain" }) },
    "subscribe.metadata": {
      result: event({ data: { orderId: "metadata" }, type: "order.made", source: "judge" }),
    },
    "subscribe.bulk": { result: [{ orderId: "bulk-1" }, { orderId: "bulk-2" }, { orderId: "bulk-3" }] },
    "publish.unknown": refused("404 ERR_PUBSUB_NOT_FOUND", "INVALID_ARGUMENT", "pubsub nowhere is not found"),
    "binding.invoke": { result: true },
    "binding.receive": { result: { orderId: "binding" } },
    "binding.cron": { result: true },
    "binding.unknown": refused(
      "500 ERR_INVOKE_OUTPUT_BINDING",
      "INTERNAL",
      "error invoking output binding nowhere: couldn't find output binding nowhere",
    ),
    "secret.get": { result: { password: secrets.password } },
    "secret.bulk": {
      result: {
        password: { password: secrets.password },
        "database.user": { "database.user": secrets.database.user },
        "database.password": { "database.password": secrets.database.password },
      },
    },
    "secret.missing": refused(
      "500 ERR_SECRET_GET",
      "INTERNAL",
      "failed getting secret with key never from secret store secrets: secret never not found",
    ),
    "subscribe.stream": { result: streamEvent(asked) },
  };
  return new Map(
    Object.entries(table).map(([step, answer]) => [
      step,
      lacking[language]?.includes(step) === true ? "unsupported" : answer,
    ]),
  );
}

const components = [names.stateStore, names.pubsub, names.binding, names.cron, names.secretStore];

/** A key that is not there: both protocols answer with an empty value, of which these SDKs make a text. */
const nothingIn: Readonly<Record<string, unknown>> = { javascript: "", python: "" };

/** Steps that an SDK has no call for, in the version that is judged. */
const lacking: Readonly<Record<string, readonly string[]>> = {
  javascript: ["subscribe.stream"],
  java: ["metadata.set"],
};

interface EventMembers {
  readonly data: unknown;
  readonly type?: string;
  readonly source?: string;
  readonly datacontenttype?: string;
}

/**
 * An event as far as a handler of the SDK sees it. JavaScript's hands out the data alone; Python's gRPC server makes a CloudEvent
 * of its own that has the topic as its subject, and no pub/sub.
 */
function eventShownTo({ language, app, appId, runId }: Asked): (members: EventMembers) => object {
  return (members) => {
    const whole = { ...eventOf(topicsOf(runId).plain, appId), ...members };
    if (language === "javascript") return { count: whole.count, data: whole.data };
    if (language === "python" && app === "grpc") {
      const { pubsubname: _, ...shown } = whole;
      return shown;
    }
    return whole;
  };
}

const streamEvent = ({ appId, runId }: Asked): object => ({
  ...eventOf(topicsOf(runId).streamed, appId),
  data: { orderId: "stream" },
});

const eventOf = (topic: string, appId: string) => ({
  count: 1,
  id: true,
  type: "com.dapr.event.sent",
  source: appId,
  topic,
  pubsubname: names.pubsub,
  datacontenttype: "application/json",
});

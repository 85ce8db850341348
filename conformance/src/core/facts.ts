/** What a backend is like, as parameters of the cases: facts, never a switch that turns a case off. */
export interface FactsOf {
  state: StateFacts;
  pubsub: PubSubFacts;
  bindings: BindingFacts;
  secretstores: SecretStoreFacts;
}

export interface StateFacts {
  /** An etag of the form the store issues, which no item has. */
  readonly badEtag: string;
  /** An etag of a form the store can never have issued. Absent: it takes any text. */
  readonly malformedEtag?: string;
  /** How much later than asked an item may vanish. */
  readonly ttlGranularityMs: number;
  /** Whether an item that expires says when, in its metadata. */
  readonly tellsExpiry: boolean;
  /** Whether a write without a TTL takes an earlier TTL away; Redis keeps it. */
  readonly plainWriteClearsTtl: boolean;
  /** The largest value to try. */
  readonly maxValueBytes: number;
  /** The longest key to try. */
  readonly maxKeyBytes: number;
  /** Characters that the backend cannot keep in a key, which it therefore refuses (PostgreSQL: U+0000). */
  readonly refusedKeyCharacters: string;
  /** Whether items outlive the component's process. */
  readonly durable: boolean;
  /** How long a call may take to fail while the backend is down. */
  readonly outageTimeoutMs: number;
  /** Request metadata that query cases send, for example a `queryIndexName`. */
  readonly queryMetadata: Readonly<Record<string, string>>;
}

export interface PubSubFacts {
  /** How long to wait after a subscription before publishing, where a component cannot tell when it stands. */
  readonly settleMs: number;
  /** How long a message may take to arrive. */
  readonly deliveryTimeoutMs: number;
  /** How long silence must last to count as silence. */
  readonly silenceMs: number;
  /** Whether messages of one topic arrive in the order of publishing. */
  readonly inOrder: boolean;
  /** Whether a message whose handler failed comes again, and how long that takes at most. */
  readonly redeliversFailed: boolean;
  readonly redeliveryTimeoutMs: number;
  /** Whether a message that a subscriber left unanswered goes to the next one, in the same process. */
  readonly redeliversUnanswered: boolean;
  /** How long everything may take to be as before, after the backend or the component was down. */
  readonly patienceMs: number;
  /** Whether messages wait for a subscriber that went away and comes back under the same name. */
  readonly durable: boolean;
  /** Whether the broker keeps messages when it is killed. */
  readonly survivesBrokerRestart: boolean;
  /** Whether subscriptions of one instance to one topic each get every message, instead of sharing them. */
  readonly everySubscriptionGetsAll: boolean;
  /** What to put in front of topics of the suite's own. */
  readonly topicPrefix: string;
  readonly publishMetadata: Readonly<Record<string, string>>;
  readonly subscribeMetadata: Readonly<Record<string, string>>;
  readonly maxMessageBytes: number;
  /** With SUBSCRIBE_WILDCARDS: a pattern, a topic it matches and one it does not; `{}` stands for a unique word. */
  readonly wildcard?: { readonly pattern: string; readonly matches: string; readonly misses: string };
}

export interface BindingFacts {
  /** What to send, by operation. */
  readonly samples: Readonly<Record<string, BindingSample>>;
  /** An operation that writes, one that reads the same data back, and one that removes it. */
  readonly roundTrip?: { readonly write: string; readonly read: string; readonly remove?: string };
  /** An operation whose data comes back through `read`. */
  readonly echo?: string;
  /** Metadata of the component that names what it reads: each case adds a word of its own. */
  readonly uniqueProperties: readonly string[];
  /** Whether an event arrives by itself (a schedule). */
  readonly eventsByItself: boolean;
  /** How long to wait after starting to read, where a component cannot tell when it reads. */
  readonly settleMs: number;
  readonly readTimeoutMs: number;
  readonly silenceMs: number;
  /** Whether an event whose handler failed comes again. */
  readonly redeliversFailed: boolean;
  /** Whether events wait for a reader that went away. */
  readonly durable: boolean;
  /** How long everything may take to be as before, after the backend or the component was down. */
  readonly patienceMs: number;
  readonly maxDataBytes: number;
}

export interface BindingSample {
  readonly data: string;
  /** `{}` in a value stands for a word that is unique to the case. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What the answer's data must be, as text. */
  readonly answer?: string;
}

export interface SecretStoreFacts {
  /** Secrets that are there, with everything in them. */
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** A name that is not there. */
  readonly missing: string;
  /** Whether the store can tell that a secret is not there. */
  readonly tellsMissing: boolean;
  /** Request metadata that every call sends. */
  readonly metadata: Readonly<Record<string, string>>;
  /** How long a call may take to fail while the backend is down. */
  readonly outageTimeoutMs: number;
}

export const defaultFacts: FactsOf = {
  state: {
    badEtag: "bad-etag",
    ttlGranularityMs: 1_000,
    tellsExpiry: true,
    plainWriteClearsTtl: true,
    maxValueBytes: 3 * 1024 * 1024,
    maxKeyBytes: 1_024,
    refusedKeyCharacters: "",
    durable: true,
    outageTimeoutMs: 20_000,
    queryMetadata: {},
  },
  pubsub: {
    settleMs: 0,
    deliveryTimeoutMs: 20_000,
    silenceMs: 1_000,
    inOrder: true,
    redeliversFailed: true,
    redeliveryTimeoutMs: 20_000,
    redeliversUnanswered: true,
    patienceMs: 60_000,
    durable: true,
    survivesBrokerRestart: true,
    everySubscriptionGetsAll: false,
    topicPrefix: "",
    publishMetadata: {},
    subscribeMetadata: {},
    maxMessageBytes: 512 * 1024,
  },
  bindings: {
    samples: {},
    uniqueProperties: [],
    eventsByItself: false,
    settleMs: 0,
    readTimeoutMs: 20_000,
    silenceMs: 1_000,
    redeliversFailed: true,
    durable: false,
    patienceMs: 60_000,
    maxDataBytes: 512 * 1024,
  },
  secretstores: { secrets: {}, missing: "no-such-secret", tellsMissing: true, metadata: {}, outageTimeoutMs: 20_000 },
};

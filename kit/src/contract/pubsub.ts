import type { Call, Instance, Metadata } from "./call.ts";

export interface PublishRequest {
  readonly topic: string;
  /** The final bytes: wrapped in a CloudEvent by the host, or raw. */
  readonly data: Uint8Array;
  readonly metadata: Metadata;
  /** Usually absent: the content type is inside the CloudEvent. */
  readonly contentType?: string | undefined;
}

export interface BulkPublishEntry {
  /** Unique within its request. */
  readonly entryId: string;
  readonly event: Uint8Array;
  readonly contentType: string;
  readonly metadata: Metadata;
}

export interface BulkPublishRequest {
  readonly topic: string;
  readonly entries: readonly BulkPublishEntry[];
  readonly metadata: Metadata;
}

export interface BulkPublishFailure {
  readonly entryId: string;
  readonly error: string;
}

export interface SubscribeRequest {
  readonly topic: string;
  readonly metadata: Metadata;
  /**
   * How many messages of one ordered unit (a partition, a queue) the subscriber takes before the first of them settled.
   * Absent: one. Only for components that give each message its `turn`; others leave it alone.
   */
  readonly ahead?: number | undefined;
}

/** Where a message stands among those of its ordered unit, of which several are under way at a time. */
export interface Turn {
  /** Names the unit within its subscription. */
  readonly unit: string;
  /** Another number each time that the unit begins anew, which it does when a message was refused. */
  readonly series: number;
}

export interface Message {
  readonly data: Uint8Array;
  /** The concrete topic, which differs from the subscribed one when that holds a wildcard. */
  readonly topic: string;
  readonly metadata: Metadata;
  readonly contentType?: string | undefined;
  /** Present when messages of its unit may be under way ahead of it: see `SubscribeRequest.ahead`. */
  readonly turn?: Turn | undefined;
}

/**
 * Hands one message to the subscriber. Resolves: handled, acknowledge it. Rejects: not handled, it stays with the broker
 * or goes to the broker's own failure handling. Rejects with `ComponentError` code `cancelled`: the subscriber went away
 * in the middle; the message must be delivered again later and must not count as a failure.
 */
export type Deliver = (message: Message) => Promise<void>;

export interface Subscription {
  /**
   * Stops taking new messages, waits for the deliveries under way to settle and acknowledges those that were handled.
   * Idempotent.
   */
  close(): Promise<void>;
}

/**
 * A message broker.
 *
 * Concurrency: any method at any time; several subscriptions, also to one topic. Order: a component calls `deliver` for
 * the next message of an ordered unit (a partition, a queue) after the previous one settled; how many units run side by
 * side is its own choice, bounded. Where the subscriber takes messages `ahead`, it keeps their order itself: it handles those
 * of a unit in the order of the calls, and refuses what stands behind a refused one in the same series without handling it.
 * When all that were under way have settled, the component delivers what was refused again, in a new series and before
 * anything else of the unit. Delivery is at least once: a message is acknowledged to the broker only after its
 * `deliver` resolved. A subscription survives the loss of the broker: the component reconnects and goes on by itself.
 */
export interface PubSub extends Instance {
  /** Resolves when the broker has taken the message for good. */
  publish(request: PublishRequest, call?: Call): Promise<void>;

  /** Present exactly when the features name BULK_PUBSUB. Resolves to the entries that failed, empty when none did. */
  bulkPublish?(request: BulkPublishRequest, call?: Call): Promise<BulkPublishFailure[]>;

  /** Resolves when messages published from now on will be delivered. */
  subscribe(request: SubscribeRequest, deliver: Deliver): Promise<Subscription>;

  /** Stops fetching new messages for all subscriptions, keeps the session and takes acknowledgements. Idempotent. */
  pause?(call?: Call): Promise<void>;
  resume?(call?: Call): Promise<void>;
}

/**
 * Spelled as the protocol spells them. Every broker does well to name BULK_SUBSCRIBE_IMMEDIATE: Dapr's runtime takes one
 * message of a socket at a time, and without it waits a second for a second one before each bulk delivery.
 */
export type PubSubFeature = "MESSAGE_TTL" | "SUBSCRIBE_WILDCARDS" | "BULK_PUBSUB" | "BULK_SUBSCRIBE_IMMEDIATE";

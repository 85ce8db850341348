import type { Logger } from "../contract/definition.ts";
import { kitHeader } from "../protocol/names.ts";
import type { RpcError, ServerCall, ServerStream } from "../transport/index.ts";
import type { PendingAcknowledgements } from "./pending-acknowledgements.ts";
import type { ServedComponent } from "./served-component.ts";

export interface DeliverySettings {
  /** Largest message that may be sent on a stream. */
  readonly maxMessageBytes: number;
  /** Messages of one stream that may wait for their answers; a component may have further limits of its own. */
  readonly maxInFlight: number;
  readonly logger: (name: string) => Logger;
}

export interface DeliveryStream<Answer> {
  readonly component: ServedComponent<"pubsub"> | ServedComponent<"bindings">;
  readonly name: string;
  readonly stream: ServerStream;
  readonly pending: PendingAcknowledgements<Answer>;
  /** What `subscribedHeaders` gave. */
  readonly subscribed: () => void;
  /** Subscribes; the result's `close` stops taking new messages and waits for those under way. */
  open(): Promise<Source>;
  /** Takes one message of the peer. */
  answered(message: Uint8Array): void;
  readonly logger: Logger;
}

interface Source {
  close(): Promise<void>;
}

/**
 * Sends the headers that tell a subscriber of our own that its subscription stands, once: at the latest before the first message,
 * which may come while `open` has not returned yet.
 */
export function subscribedHeaders(call: ServerCall): () => void {
  let sent = false;
  return () => {
    if (!sent) call.sendHeaders([[kitHeader, "1"]]);
    sent = true;
  };
}

/**
 * The life of a PullMessages or Read stream: opens the source, takes answers until the peer half-closes or goes away, and
 * closes the source. A broker in trouble never ends it: only the peer does, a new Init, or the end of this process.
 */
export async function runDeliveryStream<Answer>(delivery: DeliveryStream<Answer>): Promise<void> {
  const { component, name, subscribed, pending, logger } = delivery;
  const abandoned = Promise.withResolvers<never>();
  const abandon = (reason: RpcError): void => {
    pending.abandon();
    abandoned.reject(reason);
  };
  let source: Promise<Source> | undefined;
  const close = once(async () => {
    await (await source?.catch(() => undefined))?.close();
  });
  const detach = component.attach(name, { drain: close, abandon });
  const peer = Promise.race([readAnswers(delivery), abandoned.promise]);
  // Looked at below; until then a rejection is not unhandled.
  peer.catch(() => undefined);
  try {
    source = delivery.open();
    await Promise.race([source.then(subscribed), peer]);
    await peer;
    pending.abandon();
    await close();
  } catch (error) {
    pending.abandon();
    close().catch((failure: unknown) => logger.warn("closing a subscription failed", { error: String(failure) }));
    throw error;
  } finally {
    detach();
  }
}

async function readAnswers({ stream, answered }: Pick<DeliveryStream<unknown>, "stream" | "answered">): Promise<void> {
  for await (const message of stream.messages) answered(message);
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= work());
}

import type { ComponentError } from "../errors/component-error.ts";

export interface DeliveryOptions {
  /** Messages or events of one stream that are handled side by side, where their order allows it. Default 100. */
  readonly concurrency?: number | undefined;
}

/** Called once, when the peer or the connection ended a stream and every handler of it has settled. */
export type OnClosed = (error: ComponentError) => void;

const defaultConcurrency = 100;

/** A peer of our own kit ends a stream when its source has taken the last acknowledgement; others may never end it. */
export function deliveryLimits(
  peerIsKit: boolean,
  { concurrency = defaultConcurrency }: DeliveryOptions,
  otherwise: number,
): { concurrency: number; endTimeoutMs: number } {
  return peerIsKit
    ? { concurrency, endTimeoutMs: 10_000 }
    : { concurrency: Math.min(concurrency, otherwise), endTimeoutMs: 500 };
}

import type { InstanceOf, Kind } from "../contract/definition.ts";
import type { InitOptions } from "./caller.ts";

/** A component behind a channel. The channel stays the caller's: it connects, reconnects and is closed there. */
export interface Remote<K extends Kind, I extends InstanceOf[K] = InstanceOf[K]> {
  /**
   * Initialises the instance in the peer's process and resolves to it. Call it again after the process was lost: instances
   * hold nothing but the channel and the name, so those that were resolved to before work again too. Only their
   * subscriptions are gone, as `onClosed` told.
   */
  init(properties: Readonly<Record<string, string>>, options?: InitOptions): Promise<RemoteInstance<I>>;
}

export interface RemoteInstance<I> {
  /**
   * The contract's methods. Those that belong to a feature are there when the peer names it, `query` also when the peer is not
   * of our own kit; `ping`, `pause` and `resume` are
   * always there and reject with `unimplemented` when the peer has none. `close` gives up open subscriptions and nothing
   * else: Dapr's protocol has no call for it.
   */
  readonly instance: I;
  readonly features: readonly string[];
}

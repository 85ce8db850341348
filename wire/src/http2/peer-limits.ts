import type { Connection } from "./connection.ts";
import { ErrorCode } from "./http2-error.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Frames that bring something pay for some that bring nothing. */
const CONTROL_FRAMES_A_USEFUL_FRAME = 8;

/** Counts what a peer can do for little and what costs us more; ends the connection with ENHANCE_YOUR_CALM when it is too much. RFC 9113, section 10.5. */
export class PeerLimits {
  /** Streams opened, and DATA frames with bytes, either way, since control frames were last counted. */
  usefulFrames = 0;
  readonly #connection: Connection;
  #controlFrames: TokenBucket | undefined;
  #resets: TokenBucket | undefined;
  #queuedControlFrames = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The peer sent a frame that brings nothing. False: that was one too many. */
  controlFrame(cost = 1): boolean {
    const { controlFrameBurst, controlFramesPerSecond } = this.#connection.options;
    const bucket = (this.#controlFrames ??= new TokenBucket(controlFrameBurst, controlFramesPerSecond));
    if (this.usefulFrames > 0) {
      bucket.add(this.usefulFrames * CONTROL_FRAMES_A_USEFUL_FRAME);
      this.usefulFrames = 0;
    }
    if (bucket.take(cost)) return true;
    this.#connection.fail(ErrorCode.ENHANCE_YOUR_CALM, "too many frames that bring nothing");
    return false;
  }

  /** The peer reset a stream, or made us reset it. False: that was one too many. */
  reset(): boolean {
    const { resetBurst, resetsPerSecond } = this.#connection.options;
    const bucket = (this.#resets ??= new TokenBucket(resetBurst, resetsPerSecond));
    if (bucket.take(1)) return true;
    this.#connection.fail(ErrorCode.ENHANCE_YOUR_CALM, "too many streams were reset");
    return false;
  }

  /** A frame that the peer made us send has to wait, since it does not read. False: that was one too many. */
  queueControlFrame(): boolean {
    if (++this.#queuedControlFrames <= this.#connection.options.maxQueuedControlFrames) return true;
    this.#connection.fail(ErrorCode.ENHANCE_YOUR_CALM, "the peer does not read what it makes us answer");
    return false;
  }

  controlFramesAreSent(): void {
    this.#queuedControlFrames = 0;
  }
}

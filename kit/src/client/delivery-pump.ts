import { setTimeout as sleep } from "node:timers/promises";
import { ComponentError } from "../errors/component-error.ts";
import type { ClientStream } from "../transport/index.ts";
import { asComponentError } from "./caller.ts";

export interface DeliveryPumpSettings {
  /** Opens the stream; `accepted` is called with its headers. */
  open(accepted: () => void): ClientStream;
  /** The peer sends headers when its source accepted; before, an end of the stream is a failure to open it. */
  readonly waitForHeaders: boolean;
  /** Sent before anything is read. */
  readonly first?: Uint8Array | undefined;
  /** Handles one message: the answer to send, or undefined to send none. Rejects when the message cannot be read. */
  handle(message: Uint8Array): Promise<Uint8Array | undefined>;
  /**
   * The answer to what arrives while the pump closes; the stream then also stays for a moment behind the last handler, for the
   * peer to make use of its answer. Absent: what arrives stays with its source, without an answer.
   */
  readonly late?: ((message: Uint8Array) => Uint8Array) | undefined;
  /** Messages handled side by side; the next one is read when there is room. */
  readonly concurrency: number;
  /** Called once when the peer or the connection ended the stream, after every handler has settled. Not after `close`. */
  onClosed(error: ComponentError): void;
  /** How long the peer may take to end the stream after the last answer, before the stream is cancelled. */
  readonly endTimeoutMs: number;
}

/** The reading end of a PullMessages or Read stream. */
export class DeliveryPump {
  readonly #settings: DeliveryPumpSettings;
  readonly #stream: ClientStream;
  readonly #ended: Promise<void>;
  readonly #accepted = Promise.withResolvers<void>();
  #isAccepted: boolean;
  /** Why the stream ended, once it has. */
  #failure = new ComponentError("unavailable", "the component ended the stream");
  #broken = false;
  #active = 0;
  #idle = Promise.withResolvers<void>();
  #room: PromiseWithResolvers<void> | undefined;
  #closing: Promise<void> | undefined;
  /** Our half of the stream is closed. */
  #ending = false;

  constructor(settings: DeliveryPumpSettings) {
    this.#settings = settings;
    this.#idle.resolve();
    this.#isAccepted = !settings.waitForHeaders;
    this.#stream = settings.open(() => {
      this.#isAccepted = true;
      this.#accepted.resolve();
    });
    this.#ended = this.#run();
  }

  /** Rejects when the peer ended the stream before its source accepted. */
  async accepted(): Promise<void> {
    if (!this.#isAccepted) await Promise.race([this.#accepted.promise, this.#ended]);
    if (!this.#isAccepted) throw this.#failure;
  }

  /** Takes no new messages, waits for the handlers under way and sends their answers, then ends the stream. Idempotent. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  /** Ends the stream at once. */
  cancel(): void {
    this.#closing ??= this.#ended;
    this.#stream.cancel();
  }

  async #run(): Promise<void> {
    try {
      if (this.#settings.first !== undefined) await this.#stream.send(this.#settings.first);
      for await (const message of this.#stream.messages) {
        if (this.#closing !== undefined) {
          this.#refuse(message);
          continue;
        }
        this.#take(message);
        if (this.#active >= this.#settings.concurrency) await (this.#room = Promise.withResolvers()).promise;
      }
    } catch (error) {
      if (!this.#broken) this.#failure = asComponentError(error);
    }
    await this.#idle.promise;
    if (this.#closing === undefined && this.#isAccepted) this.#settings.onClosed(this.#failure);
  }

  /** Not awaited: an answer that does not go out says no less than none. */
  #refuse(message: Uint8Array): void {
    if (this.#ending || this.#settings.late === undefined) return;
    try {
      this.#stream.send(this.#settings.late(message)).catch(() => undefined);
    } catch {
      // Unreadable, as in #answer.
      this.#stream.cancel();
    }
  }

  #take(message: Uint8Array): void {
    if (this.#active++ === 0) this.#idle = Promise.withResolvers();
    void this.#answer(message);
  }

  async #answer(message: Uint8Array): Promise<void> {
    try {
      const answer = await this.#settings.handle(message);
      if (answer !== undefined) await this.#stream.send(answer);
    } catch (error) {
      // Unreadable, or the stream is gone and takes no answer: either way the message comes again on another stream.
      if (!this.#broken) this.#failure = asComponentError(error);
      this.#broken = true;
      this.#stream.cancel();
    }
    this.#room?.resolve();
    if (--this.#active === 0) this.#idle.resolve();
  }

  async #close(): Promise<void> {
    const wasActive = this.#active > 0;
    await this.#idle.promise;
    if (wasActive && this.#settings.late !== undefined) await Promise.race([sleep(lastAnswersMs), this.#ended]);
    this.#ending = true;
    this.#stream.end();
    const timer = setTimeout(() => this.#stream.cancel(), this.#settings.endTimeoutMs);
    await this.#ended;
    clearTimeout(timer);
  }
}

/** As long as Dapr's runtime keeps the stream of an input binding. */
const lastAnswersMs = 400;

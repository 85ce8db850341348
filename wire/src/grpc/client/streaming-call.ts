import type { HeaderList } from "../../http2/header-list.ts";
import type { Http2Stream } from "../../http2/stream.ts";
import { IncomingMessages } from "../incoming-messages.ts";
import type { MessageSource } from "../incoming-messages.ts";
import { messagePrefix } from "../message-prefix.ts";
import { RpcCode, RpcError } from "../status.ts";
import type { CallOptions, ClientStream } from "./channel.ts";
import { ClientCall } from "./client-call.ts";
import type { CallOwner } from "./client-call.ts";

/** Bytes that may wait for a connection before `send` holds its caller back; and that are kept to be sent again to another. */
const keptBytes = 64 * 1024;
/** Empty messages cost memory too. */
const messageOverheadBytes = 64;
const immediately = Promise.resolve();

/** A call of any other kind: messages both ways. */
export class StreamingCall extends ClientCall implements ClientStream, MessageSource {
  readonly messages: IncomingMessages;
  /** What was sent, until it is certain that the peer began with the call; undefined from then on. */
  #unsure: Uint8Array[] | undefined = [];
  #unsureBytes = 0;
  #endAsked = false;
  #failure: unknown = undefined;
  /** Senders that are held back. */
  #waiting: PromiseWithResolvers<void>[] = [];

  constructor(owner: CallOwner, path: string, options: CallOptions) {
    super(owner, path, options);
    this.messages = new IncomingMessages(owner.maxReceiveBytes, this);
  }

  send(message: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) return refused(this.#failure);
    if (this.#endAsked) return refused(new Error("The stream takes no messages after end()."));
    if (message.byteLength > this.owner.maxSendBytes) {
      const error = tooLarge(message.byteLength, this.owner.maxSendBytes);
      this.fail(error, true);
      return refused(error);
    }
    const { stream } = this;
    if (this.#unsure !== undefined) {
      this.#unsure.push(message);
      this.#unsureBytes += message.byteLength + messageOverheadBytes;
      if (stream === undefined) return this.#unsureBytes <= keptBytes ? immediately : this.#wait();
      if (this.#unsureBytes > keptBytes) this.#unsure = undefined;
    }
    return stream!.sendData(false, messagePrefix(message.byteLength), message) ? immediately : this.#wait();
  }

  end(): void {
    if (this.#endAsked) return;
    this.#endAsked = true;
    if (this.ended || this.stream === undefined) return;
    this.sentEnd = true;
    this.stream.sendData(true);
  }

  protected override begin(stream: Http2Stream): void {
    let room = true;
    for (const message of this.#unsure ?? []) {
      room = stream.sendData(false, messagePrefix(message.byteLength), message);
    }
    if (this.#unsureBytes > keptBytes) this.#unsure = undefined;
    if (this.#endAsked) {
      this.sentEnd = true;
      stream.sendData(true);
    }
    if (room) this.drained();
  }

  protected override rewind(): boolean {
    this.sentEnd = false;
    return this.#unsure !== undefined;
  }

  override headers(stream: Http2Stream, headers: HeaderList, endStream: boolean): void {
    super.headers(stream, headers, endStream);
    if (!this.answered) return;
    this.#unsure = undefined;
    this.messages.encoding = this.encoding;
  }

  override data(_stream: Http2Stream, bytes: Uint8Array, endStream: boolean): void {
    if (this.ended) return;
    if (!this.answered) this.fail(new RpcError(RpcCode.INTERNAL, "The peer sent a message before headers"), true);
    else this.messages.push(bytes);
    if (endStream) this.fail(new RpcError(RpcCode.INTERNAL, "The peer ended the call without a status"), false);
  }

  override drained(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (const each of waiting) each.resolve();
  }

  consume(byteCount: number): void {
    this.stream?.consume(byteCount);
  }

  abandoned(): void {
    this.cancel();
  }

  broken(error: RpcError): void {
    this.fail(error, true);
  }

  protected override succeeded(trailers: HeaderList): void {
    const { onTrailers } = this.options;
    if (onTrailers !== undefined) this.tell(onTrailers, trailers);
    this.#stopSending(new RpcError(RpcCode.UNAVAILABLE, "The peer ended the stream"));
    this.messages.end();
  }

  protected override failed(error: unknown, discard: boolean): void {
    this.#stopSending(error);
    this.messages.fail(error, discard);
  }

  #wait(): Promise<void> {
    const waiting = Promise.withResolvers<void>();
    waiting.promise.catch(ignore);
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  #stopSending(error: unknown): void {
    this.#failure = error;
    this.#unsure = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each.reject(error);
  }
}

export function tooLarge(byteCount: number, maxSendBytes: number): RpcError {
  return new RpcError(
    RpcCode.RESOURCE_EXHAUSTED,
    `The message to send is larger than max (${byteCount} vs. ${maxSendBytes})`,
  );
}

// The reader of the stream has the error too: a sender that does not wait must not end the process.
function refused(error: unknown): Promise<never> {
  const result = Promise.reject(error);
  result.catch(ignore);
  return result;
}

function ignore(): void {}

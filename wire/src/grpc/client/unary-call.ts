import type { HeaderList } from "../../http2/header-list.ts";
import type { Http2Stream } from "../../http2/stream.ts";
import { decompress } from "../compression.ts";
import { messagePrefix, prefixBytes } from "../message-prefix.ts";
import { MessageReader } from "../message-reader.ts";
import { RpcCode, RpcError } from "../status.ts";
import type { CallOptions } from "./channel.ts";
import { ClientCall } from "./client-call.ts";
import type { CallOwner } from "./client-call.ts";

/** One request, one response. */
export class UnaryCall extends ClientCall {
  readonly result: Promise<Uint8Array>;
  readonly #request: Uint8Array;
  #resolve!: (response: Uint8Array | Promise<Uint8Array>) => void;
  #reject!: (error: unknown) => void;
  #response: Uint8Array | undefined = undefined;
  #compressed = false;
  /** For a response that comes in several chunks. */
  #reader: MessageReader | undefined = undefined;

  constructor(owner: CallOwner, path: string, request: Uint8Array, options: CallOptions) {
    super(owner, path, options);
    this.#request = request;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  protected override begin(stream: Http2Stream): void {
    const request = this.#request;
    this.sentEnd = true;
    stream.sendData(true, messagePrefix(request.byteLength), request);
  }

  protected override rewind(): boolean {
    this.sentEnd = false;
    return true;
  }

  override data(stream: Http2Stream, bytes: Uint8Array, endStream: boolean): void {
    if (this.ended) return;
    if (!this.answered) this.fail(new RpcError(RpcCode.INTERNAL, "The peer sent a message before headers"), true);
    else if (!this.#readWhole(bytes)) this.#readPart(stream, bytes);
    if (endStream && !this.ended) {
      this.fail(new RpcError(RpcCode.INTERNAL, "The peer ended the call without a status"), true);
    }
  }

  override drained(): void {}

  /** The usual case: the chunk is the response. Flow control is given back when the stream closes. */
  #readWhole(bytes: Uint8Array): boolean {
    if (this.#reader !== undefined || this.#response !== undefined) return false;
    const length = bytes.byteLength - prefixBytes;
    if (
      length < 0 ||
      bytes[0] !== 0 ||
      ((bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!) !== length ||
      length > this.owner.maxReceiveBytes
    ) {
      return false;
    }
    this.#response = bytes.subarray(prefixBytes);
    return true;
  }

  #readPart(stream: Http2Stream, bytes: Uint8Array): void {
    const reader = (this.#reader ??= new MessageReader(this.owner.maxReceiveBytes));
    stream.consume(bytes.byteLength);
    try {
      reader.push(bytes);
      const message = reader.read();
      if (message === undefined) return;
      if (this.#response !== undefined) {
        this.fail(new RpcError(RpcCode.INTERNAL, "The peer answered a unary call with more than one message"), true);
        return;
      }
      this.#response = message;
      this.#compressed = reader.compressed;
      if (!reader.isEmpty) this.#readPart(stream, none);
    } catch (error) {
      this.fail(error, true);
    }
  }

  protected override succeeded(trailers: HeaderList): void {
    const response = this.#response;
    if (response === undefined || this.#reader?.isEmpty === false) {
      const cut = this.#reader?.isEmpty === false;
      this.#reject(
        new RpcError(RpcCode.INTERNAL, cut ? "The peer cut the response" : "The peer answered OK without a message"),
      );
      return;
    }
    const { onTrailers } = this.options;
    if (onTrailers !== undefined) this.tell(onTrailers, trailers);
    if (!this.#compressed) {
      this.#resolve(response);
      return;
    }
    try {
      this.#resolve(decompress(response, this.encoding, this.owner.maxReceiveBytes));
    } catch (error) {
      this.#reject(error);
    }
  }

  protected override failed(error: unknown): void {
    this.#reject(error);
  }
}

const none = new Uint8Array(0);

import type { Http2Stream } from "../../http2/stream.ts";
import { compress, decompress } from "../compression.ts";
import { messagePrefix, prefixBytes } from "../message-prefix.ts";
import { MessageReader } from "../message-reader.ts";
import { RpcCode, RpcError } from "../status.ts";
import { Call, okTrailers, plainHeaders } from "./call.ts";

/**
 * A call with one request and one response. Mostly the request is one chunk and the response leaves in one piece, and nothing but
 * this object is made for it.
 */
export class UnaryCall extends Call {
  /** The whole request with its prefix, when its end was not told with it. */
  #chunk: Uint8Array | undefined = undefined;
  /** For a request of several chunks, and then until the call ends: it counts what the request holds. */
  #reader: MessageReader | undefined = undefined;
  #consumedBytes = 0;
  #request: Uint8Array | undefined = undefined;
  #compressed = false;
  #ended = false;

  data(stream: Http2Stream, bytes: Uint8Array, endStream: boolean): void {
    if (this.finished) {
      stream.consume(bytes.byteLength);
      return;
    }
    if (this.#reader === undefined && this.#chunk === undefined && this.#isWhole(bytes)) {
      stream.consume(bytes.byteLength);
      this.#consumedBytes = bytes.byteLength;
      if (endStream) this.#run(bytes.subarray(prefixBytes));
      else this.#chunk = bytes;
      return;
    }
    if (bytes.byteLength > 0) {
      this.#startReader().push(bytes);
      this.#read();
    }
    if (endStream) this.requestEnded();
  }

  drained(): void {}

  requestEnded(): void {
    if (this.finished) return;
    if (this.#chunk !== undefined) this.#run(this.#chunk.subarray(prefixBytes));
    else if (this.#reader?.isHeldBack === true) this.#ended = true;
    else if (this.#request === undefined || this.#reader?.isEmpty !== true) {
      const cut = this.#reader?.isEmpty === false;
      const what = cut ? "its end is missing" : "got none";
      this.fail(new RpcError(RpcCode.INTERNAL, `${this.path} takes one request message and ${what}`));
    } else if (this.#compressed) void this.#decompress(this.#request);
    else this.#run(this.#request);
  }

  protected override end(): void {
    super.end();
    this.#chunk = this.#request = undefined;
    this.#reader?.clear();
  }

  /** Exactly one message, not compressed and not too large. */
  #isWhole(bytes: Uint8Array): boolean {
    const length = bytes.byteLength - prefixBytes;
    return (
      length >= 0 &&
      length <= this.settings.maxReceiveBytes &&
      bytes[0] === 0 &&
      ((bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!) === length
    );
  }

  #startReader(): MessageReader {
    if (this.#reader === undefined) {
      this.#reader = new MessageReader(this.settings.maxReceiveBytes, this.connection.budget, () => this.#admitted());
      if (this.#chunk !== undefined) this.#reader.push(this.#chunk);
      this.#chunk = undefined;
    }
    return this.#reader;
  }

  #admitted(): void {
    if (this.finished) return;
    this.#read();
    if (this.#ended) this.requestEnded();
  }

  #read(): void {
    const reader = this.#reader!;
    try {
      for (let message = reader.read(); message !== undefined; message = reader.read()) {
        if (this.#request !== undefined) {
          throw new RpcError(RpcCode.INTERNAL, `${this.path} takes one request message and got more`);
        }
        this.#request = message;
        this.#compressed = reader.compressed;
      }
    } catch (error) {
      this.fail(error);
      return;
    }
    const doneBytes = reader.isHeldBack ? reader.takenBytes : reader.receivedBytes;
    const more = doneBytes - this.#consumedBytes;
    this.#consumedBytes = doneBytes;
    if (more > 0) this.http2.consume(more);
  }

  async #decompress(request: Uint8Array): Promise<void> {
    try {
      const inflated = await decompress(request, this.head.encoding, this.settings.maxReceiveBytes);
      if (this.finished) return;
      this.#reader!.inflatedTo(inflated.byteLength);
      this.#run(inflated);
    } catch (error) {
      this.fail(error);
    }
  }

  #run(request: Uint8Array): void {
    this.#request = this.#chunk = undefined;
    let response: Uint8Array | Promise<Uint8Array>;
    try {
      response = this.head.route!.unary!(request, this);
    } catch (error) {
      this.fail(error);
      return;
    }
    if (response instanceof Uint8Array) this.#answer(response);
    else {
      // A handler in JavaScript may return anything.
      Promise.resolve(response).then(
        (later) => this.#answer(later),
        (error: unknown) => this.fail(error),
      );
    }
  }

  #answer(response: Uint8Array): void {
    if (this.finished) return;
    try {
      this.checkSend(response);
      if (this.gzips) void this.#answerInGzip(response);
      else if (this.headersSent || this.trailers !== undefined) this.#send(response, false);
      else {
        this.end();
        this.http2.respond(plainHeaders, messagePrefix(response.byteLength), response, okTrailers);
        this.connection.activity?.sent();
      }
    } catch (error) {
      this.fail(error);
    }
  }

  async #answerInGzip(response: Uint8Array): Promise<void> {
    try {
      const compressed = response.byteLength >= this.settings.gzipFromBytes;
      const sent = compressed ? await compress(response, "gzip") : response;
      if (!this.finished) this.#send(sent, compressed);
    } catch (error) {
      this.fail(error);
    }
  }

  #send(response: Uint8Array, compressed: boolean): void {
    const prefix = messagePrefix(response.byteLength, compressed);
    if (this.headersSent) {
      this.end();
      this.http2.sendData(false, prefix, response);
      this.http2.sendTrailers(this.okTrailers());
    } else {
      this.end();
      this.http2.respond(this.responseHeaders(), prefix, response, this.okTrailers());
    }
    this.connection.activity?.sent();
  }
}

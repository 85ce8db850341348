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
  #reader: MessageReader | undefined = undefined;
  #request: Uint8Array | undefined = undefined;
  #compressed = false;

  data(stream: Http2Stream, bytes: Uint8Array, endStream: boolean): void {
    if (bytes.byteLength > 0) stream.consume(bytes.byteLength);
    if (this.finished) return;
    if (this.#reader === undefined && this.#chunk === undefined && this.#isWhole(bytes)) {
      if (endStream) this.#run(bytes.subarray(prefixBytes));
      else this.#chunk = bytes;
      return;
    }
    if (bytes.byteLength > 0) this.#gather(bytes);
    if (endStream) this.requestEnded();
  }

  drained(): void {}

  requestEnded(): void {
    if (this.finished) return;
    if (this.#chunk !== undefined) this.#run(this.#chunk.subarray(prefixBytes));
    else if (this.#request === undefined || this.#reader?.isEmpty !== true) {
      const cut = this.#reader?.isEmpty === false;
      const what = cut ? "its end is missing" : "got none";
      this.fail(new RpcError(RpcCode.INTERNAL, `${this.path} takes one request message and ${what}`));
    } else if (this.#compressed) void this.#decompress(this.#request);
    else this.#run(this.#request);
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

  #gather(bytes: Uint8Array): void {
    if (this.#reader === undefined) {
      this.#reader = new MessageReader(this.settings.maxReceiveBytes);
      if (this.#chunk !== undefined) this.#reader.push(this.#chunk);
      this.#chunk = undefined;
    }
    this.#reader.push(bytes);
    try {
      for (let message = this.#reader.read(); message !== undefined; message = this.#reader.read()) {
        if (this.#request !== undefined) {
          throw new RpcError(RpcCode.INTERNAL, `${this.path} takes one request message and got more`);
        }
        this.#request = message;
        this.#compressed = this.#reader.compressed;
      }
    } catch (error) {
      this.#reader = this.#request = undefined;
      this.fail(error);
    }
  }

  async #decompress(request: Uint8Array): Promise<void> {
    try {
      const inflated = await decompress(request, this.head.encoding, this.settings.maxReceiveBytes);
      if (!this.finished) this.#run(inflated);
    } catch (error) {
      this.fail(error);
    }
  }

  #run(request: Uint8Array): void {
    this.#reader = this.#request = this.#chunk = undefined;
    let response: Uint8Array | Promise<Uint8Array>;
    try {
      response = this.head.route!.unary!(request, this);
    } catch (error) {
      this.fail(error);
      return;
    }
    if (response instanceof Uint8Array) this.#answer(response);
    else void this.#answerLater(response);
  }

  async #answerLater(response: Promise<Uint8Array>): Promise<void> {
    try {
      this.#answer(await response);
    } catch (error) {
      this.fail(error);
    }
  }

  #answer(response: Uint8Array): void {
    if (this.finished) return;
    try {
      this.checkSend(response);
    } catch (error) {
      this.fail(error);
      return;
    }
    if (this.gzips) void this.#answerInGzip(response);
    else if (this.headersSent || this.trailers !== undefined) this.#send(response, false);
    else {
      this.end();
      this.http2.respond(plainHeaders, messagePrefix(response.byteLength), response, okTrailers);
      this.activity?.sent();
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
    this.activity?.sent();
  }
}

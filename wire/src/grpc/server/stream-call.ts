import type { Http2Error } from "../../http2/http2-error.ts";
import type { Http2Stream } from "../../http2/stream.ts";
import { compress } from "../compression.ts";
import { IncomingMessages } from "../incoming-messages.ts";
import type { MessageSource } from "../incoming-messages.ts";
import { messagePrefix } from "../message-prefix.ts";
import { RpcCode, RpcError } from "../status.ts";
import { Call } from "./call.ts";
import type { CallConnection, CallSettings } from "./call.ts";
import type { RequestHead } from "./request-head.ts";
import type { ServerStream } from "./rpc-server.ts";

/** A call whose handler reads and writes messages, each as it likes. */
export class StreamCall extends Call implements ServerStream, MessageSource {
  readonly messages: IncomingMessages;
  #room: PromiseWithResolvers<void> | undefined = undefined;
  /** Messages that are being compressed, in order. */
  #compressing: Promise<void> | undefined = undefined;

  constructor(http2: Http2Stream, head: RequestHead, settings: CallSettings, connection: CallConnection) {
    super(http2, head, settings, connection);
    this.messages = new IncomingMessages(settings.maxReceiveBytes, this, connection.budget);
    this.messages.encoding = head.encoding;
  }

  async run(): Promise<void> {
    try {
      await this.head.route!.stream!(this, this);
      await this.#compressing;
      if (!this.finished) this.succeed();
    } catch (error) {
      this.fail(error);
    }
  }

  send(message: Uint8Array): Promise<void> {
    if (this.finished) return refused(this.gone ?? new RpcError(RpcCode.CANCELLED, "The stream has ended"));
    try {
      this.checkSend(message);
    } catch (error) {
      this.fail(error);
      return refused(error);
    }
    return this.gzips ? this.#sendInGzip(message) : this.#write(message, false);
  }

  data(_stream: Http2Stream, bytes: Uint8Array, endStream: boolean): void {
    if (bytes.byteLength > 0) this.messages.push(bytes);
    if (endStream) this.requestEnded();
  }

  /** Not at once: a caller that cancels may end its side in the moment before, and then this is no good end. */
  requestEnded(): void {
    setImmediate(endMessages, this);
  }

  drained(): void {
    const room = this.#room;
    this.#room = undefined;
    room?.resolve();
  }

  consume(byteCount: number): void {
    this.http2.consume(byteCount);
  }

  /** The handler may go on without reading. */
  abandoned(): void {}

  /** The handler has the error too, from the loop that reads. */
  broken(error: RpcError): void {
    this.fail(error);
  }

  override closed(stream: Http2Stream, error: Http2Error | undefined): void {
    super.closed(stream, error);
    this.drained();
  }

  protected override end(): void {
    super.end();
    this.messages.drop();
  }

  protected override leave(gone: RpcError): void {
    super.leave(gone);
    this.messages.fail(gone, true);
    const room = this.#room;
    this.#room = undefined;
    room?.reject(gone);
  }

  #write(message: Uint8Array, compressed: boolean): Promise<void> {
    if (!this.headersSent) this.begin(this.responseHeaders());
    const hasRoom = this.http2.sendData(false, messagePrefix(message.byteLength, compressed), message);
    this.connection.activity?.sent();
    if (hasRoom) return immediately;
    if (this.#room === undefined) {
      this.#room = Promise.withResolvers();
      this.#room.promise.catch(ignore);
    }
    return this.#room.promise;
  }

  #sendInGzip(message: Uint8Array): Promise<void> {
    const compressed = message.byteLength >= this.settings.gzipFromBytes;
    const sent = compressed ? compress(message, "gzip") : message;
    const before = this.#compressing;
    const result = (async () => {
      await before;
      const bytes = await sent;
      if (this.finished) throw this.gone ?? new RpcError(RpcCode.CANCELLED, "The stream has ended");
      await this.#write(bytes, compressed);
    })();
    this.#compressing = result.catch(ignore);
    return result;
  }
}

const immediately = Promise.resolve();

// A handler that does not wait for its messages to be taken must not end the process when its caller leaves.
function refused(error: unknown): Promise<never> {
  const result = Promise.reject(error);
  result.catch(ignore);
  return result;
}

function endMessages(call: StreamCall): void {
  call.messages.end();
}

function ignore(): void {}

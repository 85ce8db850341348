import { Timed } from "../../net/deadlines.ts";
import type { ResponseHead } from "../response-head.ts";
import { Http1CallError } from "./call-error.ts";
import type { AnswerReceiver, ClientConnection } from "./client-connection.ts";
import type { Applicant } from "./connection-pool.ts";
import { GatheredBody } from "./gathered-body.ts";
import { Http1Answer } from "./http1-answer.ts";
import type { Http1ClientRequest } from "./http1-client.ts";
import type { PreparedRequest } from "./prepared-request.ts";
import type { Cancellable, SignalCalls } from "./signal-watch.ts";

/** What a call asks of its client. */
export interface CallOwner {
  readonly maxBodyBytes: number;
  /** Finds a connection, now or later. False: too many wait. */
  assign(call: Call, fresh: boolean): boolean;
  /** Nothing comes for it any more. */
  settled(call: Call): void;
}

/** One request with its answer as a whole: it settles once, whatever comes first. */
export class Call extends Timed implements Applicant, AnswerReceiver, Cancellable {
  readonly answer: Promise<Http1Answer>;
  readonly request: Http1ClientRequest;
  /** By this call's signal. */
  signalCalls: SignalCalls | undefined = undefined;
  readonly #owner: CallOwner;
  readonly #prepared: PreparedRequest;
  readonly #head: string;
  #resolve!: (answer: Http1Answer) => void;
  #reject!: (error: Http1CallError) => void;
  #settled = false;
  #connection: ClientConnection | undefined = undefined;
  #again = false;
  #answerHead: ResponseHead | undefined = undefined;
  #body: GatheredBody | undefined = undefined;

  /** Throws `TypeError` for what cannot be sent. */
  constructor(owner: CallOwner, prepared: PreparedRequest, request: Http1ClientRequest) {
    super();
    this.#owner = owner;
    this.#prepared = prepared;
    this.request = request;
    this.#head = prepared.headWith(request.headers, request.body?.length);
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** On a connection of its own: nothing is sent on it by others until the answer is whole. */
  begin(connection: ClientConnection): void {
    this.#connection = connection;
    connection.send(this, this.#prepared.method, this.#head, this.request.body);
  }

  head(head: ResponseHead, bodyBytes: number): void {
    this.#answerHead = head;
    const { maxBodyBytes } = this.#owner;
    if (maxBodyBytes >= 0 && bodyBytes > maxBodyBytes) this.#tooLarge();
  }

  data(bytes: Uint8Array): void {
    const body = (this.#body ??= new GatheredBody(this.#answerHead!.contentLength));
    const { maxBodyBytes } = this.#owner;
    if (maxBodyBytes >= 0 && body.byteCount + bytes.length > maxBodyBytes) return this.#tooLarge();
    try {
      body.add(bytes);
    } catch (error) {
      // More than a buffer can hold.
      this.fail(new Http1CallError("too-large", "the answer is larger than memory allows", { cause: error }));
    }
  }

  end(): void {
    this.#connection = undefined;
    if (!this.#settle()) return;
    const body = this.#body === undefined ? noBytes : this.#body.take();
    this.#resolve(new Http1Answer(this.#answerHead!, body));
  }

  failed(error: Http1CallError, maySendAgain: boolean): void {
    this.#connection = undefined;
    if (maySendAgain && this.request.repeatable === true && !this.#again && !this.#settled) {
      this.#again = true;
      if (this.#owner.assign(this, true)) return;
    }
    this.fail(error);
  }

  /** Gives up, its connection with it. */
  fail(error: Http1CallError): void {
    if (!this.#settle()) return;
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.destroy();
    this.#reject(error);
  }

  cancelled(reason: unknown): void {
    this.fail(new Http1CallError("cancelled", "the call was cancelled", { cause: reason }));
  }

  override deadlinePassed(): void {
    this.fail(new Http1CallError("timeout", `no whole answer within ${this.request.timeoutMs} ms`));
  }

  #tooLarge(): void {
    this.fail(
      new Http1CallError("too-large", `the answer is larger than the limit of ${this.#owner.maxBodyBytes} bytes`, {
        answerBegan: true,
      }),
    );
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#owner.settled(this);
    return true;
  }
}

const noBytes = Buffer.alloc(0);

import type { ResponseHead } from "../response-head.ts";

/** An answer that came whole. */
export class Http1Answer {
  readonly head: ResponseHead;
  readonly body: Uint8Array;

  constructor(head: ResponseHead, body: Uint8Array) {
    this.head = head;
    this.body = body;
  }

  get status(): number {
    return this.head.status;
  }

  /** By lower-case names; made when asked for. */
  get headers(): Readonly<Record<string, string | readonly string[]>> {
    return this.head.headers();
  }
}

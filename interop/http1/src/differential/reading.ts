/** What a reader took for a request. Texts hold one byte a character. */
export interface RequestReading {
  readonly method: string;
  readonly target: string;
  /** `1.1` */
  readonly version: string;
  /** As sent, in turn; names in any case. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** Its end was seen. */
  readonly complete: boolean;
}

export interface ConnectionReading {
  readonly requests: readonly RequestReading[];
  /** How it went wrong, in the reader's words; empty when nothing did. */
  readonly said: string;
}

/** What a client sends on one connection before it ends. */
export type Conversation = Buffer;
export type ReadAll = (conversations: readonly Conversation[]) => Promise<readonly ConnectionReading[]>;

/** What has to come of some bytes. */
export interface Outcome {
  /** The statuses of all answers, in turn; of each one of these. */
  readonly statuses: readonly (readonly number[])[];
  /** Whether the connection serves another request afterwards, or is ended by trilbyd. */
  readonly after: "open" | "ended";
}

export interface HostileCase {
  /** A sentence; with the section of RFC 9112, or what it stands for, in front. */
  readonly name: string;
  /** One byte a character. */
  readonly send: string;
  /** One of these has to come. */
  readonly outcomes: readonly Outcome[];
  /** Of the requests in `send`, where one of them is HEAD. */
  readonly methods?: readonly string[];
  /** Nothing more is sent. */
  readonly finish?: boolean;
}

type Statuses = number | readonly number[];

/** Answered, each with its status, and the connection serves on. */
export function answered(...statuses: readonly Statuses[]): Outcome {
  return { statuses: statuses.map(each), after: "open" };
}

/** Answered, and then ended by trilbyd: nothing behind these requests is looked at. */
export function last(...statuses: readonly Statuses[]): Outcome {
  return { statuses: statuses.map(each), after: "ended" };
}

/** One answer that says no, and the end. */
export const refused = last([400, 405, 411, 413, 414, 417, 431, 501, 505]);

/** The end, without a word. */
export const hungUp: Outcome = last();

function each(statuses: Statuses): readonly number[] {
  return typeof statuses === "number" ? [statuses] : statuses;
}

/** A good request: the head's lines, and a body as it is. */
export function request(line: string, fields: readonly string[] = [], body = ""): string {
  return `${[line, ...fields].join("\r\n")}\r\n\r\n${body}`;
}

export const host = "Host: localhost";
export const ping = "GET /v1.0/healthz HTTP/1.1";
export const save = "POST /v1.0/state/store HTTP/1.1";
/** What `save` takes. */
export const item = '[{"key":"hostile","value":1}]';
/** Taken for a request of its own, this makes a second answer and deletes what every case looks for afterwards. */
export const smuggled = request("DELETE /v1.0/state/store/canary HTTP/1.1", [host]);

/** A text that shows which bytes are meant. */
export function shown(text: string): string {
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(/[\x7f-\xff]/g, (character) => `\\x${character.charCodeAt(0).toString(16)}`);
}

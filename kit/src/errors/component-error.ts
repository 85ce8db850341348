/**
 * Stable names for what can go wrong in a component. Codes are API; messages are for people. How each one travels over
 * gRPC is in status.ts.
 */
export type ErrorCode =
  | "etag-mismatch"
  | "etag-invalid"
  | "row-mismatch"
  | "invalid-argument"
  | "invalid-metadata"
  | "not-found"
  | "already-exists"
  | "failed-precondition"
  | "permission-denied"
  | "unauthenticated"
  | "resource-exhausted"
  | "unimplemented"
  | "unavailable"
  | "deadline-exceeded"
  | "cancelled"
  | "closed"
  | "internal";

/** An error of Dapr's API that a component raises itself: status and tag reach the API's caller as they are. */
export interface ApiErrorDetails {
  readonly httpStatus: number;
  readonly tag: string;
  readonly reason: string;
  readonly domain: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** One thing wrong with a component's metadata. The host finds file and line by `field`. */
export interface MetadataProblem {
  /** The name as it stands in the YAML, or the declared one of a missing field. Absent: it concerns several fields. */
  readonly field?: string;
  /** A sentence, without the suggestion. Never holds a secret. */
  readonly message: string;
  /** The name or value that was probably meant. */
  readonly suggestion?: string;
}

export interface ComponentErrorOptions {
  readonly cause?: unknown;
  readonly api?: ApiErrorDetails | undefined;
  /** `invalid-metadata` alone. */
  readonly problems?: readonly MetadataProblem[] | undefined;
  /** `row-mismatch` alone: rows that a bulk delete should have and has removed. */
  readonly rows?: { readonly expected: number; readonly affected: number } | undefined;
}

const marker = Symbol.for("trilby.component-error");

/** The one error of the contract. Recognise it by `ComponentError.is`, which also works across duplicate installs. */
export class ComponentError extends Error {
  readonly code: ErrorCode;
  readonly api: ApiErrorDetails | undefined;
  readonly rows: { readonly expected: number; readonly affected: number } | undefined;
  readonly problems: readonly MetadataProblem[] | undefined;
  readonly [marker] = true;

  constructor(code: ErrorCode, message: string, options: ComponentErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ComponentError";
    this.code = code;
    this.api = options.api;
    this.rows = options.rows;
    this.problems = options.problems;
  }

  static is(value: unknown): value is ComponentError {
    return typeof value === "object" && value !== null && marker in value;
  }
}

/** A bulk write of which some items failed. The others were applied. */
export class BulkError extends ComponentError {
  readonly failures: readonly { readonly key: string; readonly error: ComponentError }[];

  constructor(failures: BulkError["failures"]) {
    const first = failures[0];
    super(
      first?.error.code ?? "internal",
      failures.length === 1 && first
        ? first.error.message
        : `${failures.length} items failed; the first, ${first?.key}: ${first?.error.message}`,
      { cause: first?.error },
    );
    this.name = "BulkError";
    this.failures = failures;
  }
}

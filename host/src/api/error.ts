/** One of google.rpc's error details, in the order they are sent. */
export type ErrorDetail =
  | {
      readonly kind: "error-info";
      readonly reason: string;
      /** Absent: `dapr.io`. */
      readonly domain?: string;
      readonly metadata: Readonly<Record<string, string>> | null;
    }
  | {
      readonly kind: "resource-info";
      readonly resourceType: string;
      readonly resourceName: string;
      readonly owner: string;
      readonly description: string;
    }
  | { readonly kind: "bad-request"; readonly violations: readonly { field: string; description: string }[] }
  | { readonly kind: "help"; readonly links: readonly { description: string; url: string }[] };

/**
 * An error of the API: the same one for HTTP and gRPC, with the status, code and words that Dapr answers in each. Blocks
 * throw it; the servers turn it into a body or a status. Anything else that reaches a server is an internal error.
 */
export class ApiError extends Error {
  readonly httpStatus: number;
  readonly grpcCode: number;
  /** `ERR_...`; the JSON member `errorCode` and the metric label. */
  readonly errorCode: string;
  /** Empty: the simple form of the body. */
  readonly details: readonly ErrorDetail[];

  constructor(options: {
    httpStatus: number;
    grpcCode: number;
    errorCode: string;
    message: string;
    details?: readonly ErrorDetail[];
    cause?: unknown;
  }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ApiError";
    this.httpStatus = options.httpStatus;
    this.grpcCode = options.grpcCode;
    this.errorCode = options.errorCode;
    this.details = options.details ?? [];
  }

  /** Of the details, when they hold one. */
  get reason(): string | undefined {
    return this.details.find((detail) => detail.kind === "error-info")?.reason;
  }
}

/** Lower-case names; `-bin` names carry bytes, all others text. A name may stand more than once. */
export type RpcMetadata = readonly (readonly [name: string, value: string | Uint8Array])[];
/** gRPC status codes by their standard names. */
export const RpcCode = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

/** A gRPC status other than OK. */
export class RpcError extends Error {
  readonly code: number;
  /** Serialised `google.rpc.Status`, as in the trailer `grpc-status-details-bin`. */
  readonly details: Uint8Array | undefined;
  /** Trailers that came, or go, with the status. */
  readonly trailers: RpcMetadata;

  constructor(
    code: number,
    message: string,
    options: { details?: Uint8Array; trailers?: RpcMetadata; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "RpcError";
    this.code = code;
    this.details = options.details;
    this.trailers = options.trailers ?? [];
  }
}

/** RFC 9113, section 7. */
export const ErrorCode = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  SETTINGS_TIMEOUT: 0x4,
  STREAM_CLOSED: 0x5,
  FRAME_SIZE_ERROR: 0x6,
  REFUSED_STREAM: 0x7,
  CANCEL: 0x8,
  COMPRESSION_ERROR: 0x9,
  CONNECT_ERROR: 0xa,
  ENHANCE_YOUR_CALM: 0xb,
  INADEQUATE_SECURITY: 0xc,
  HTTP_1_1_REQUIRED: 0xd,
} as const;

/** Why a stream or a connection ended. */
export class Http2Error extends Error {
  readonly code: number;
  /** `peer`: the peer reset the stream or sent GOAWAY; `local`: we did; `connection`: the socket ended without either. */
  readonly source: "peer" | "local" | "connection";
  /** The peer said that it did not begin with this stream: a client may send it again. */
  readonly notProcessed: boolean;

  constructor(
    code: number,
    message: string,
    source: "peer" | "local" | "connection",
    options: { notProcessed?: boolean; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "Http2Error";
    this.code = code;
    this.source = source;
    this.notProcessed = options.notProcessed ?? false;
  }
}

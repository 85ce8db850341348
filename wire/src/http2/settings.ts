import { MAX_31_BITS, readUint32 } from "./frame.ts";
import { ErrorCode, Http2Error } from "./http2-error.ts";

/** RFC 9113, section 6.5.2. */
export const Setting = {
  HEADER_TABLE_SIZE: 1,
  ENABLE_PUSH: 2,
  MAX_CONCURRENT_STREAMS: 3,
  INITIAL_WINDOW_SIZE: 4,
  MAX_FRAME_SIZE: 5,
  MAX_HEADER_LIST_SIZE: 6,
} as const;

/** Both windows before anything was said: RFC 9113, section 6.9.2. */
export const DEFAULT_WINDOW_BYTES = 65_535;

export const DEFAULT_FRAME_BYTES = 16_384;
const LARGEST_FRAME_BYTES = 16_777_215;

/** Calls `apply` for each setting of a SETTINGS payload, in order; throws what the connection ends with when a value is not allowed. */
export function readSettings(
  bytes: Uint8Array,
  start: number,
  end: number,
  apply: (setting: number, value: number) => void,
): void {
  for (let at = start; at < end; at += 6) {
    const setting = (bytes[at]! << 8) | bytes[at + 1]!;
    const value = readUint32(bytes, at + 2);
    check(setting, value);
    apply(setting, value);
  }
}

function check(setting: number, value: number): void {
  if (setting === Setting.ENABLE_PUSH && value > 1) {
    throw new Http2Error(ErrorCode.PROTOCOL_ERROR, `SETTINGS_ENABLE_PUSH cannot be ${value}`, "local");
  }
  if (setting === Setting.INITIAL_WINDOW_SIZE && value > MAX_31_BITS) {
    throw new Http2Error(ErrorCode.FLOW_CONTROL_ERROR, `SETTINGS_INITIAL_WINDOW_SIZE cannot be ${value}`, "local");
  }
  if (setting === Setting.MAX_FRAME_SIZE && (value < DEFAULT_FRAME_BYTES || value > LARGEST_FRAME_BYTES)) {
    throw new Http2Error(ErrorCode.PROTOCOL_ERROR, `SETTINGS_MAX_FRAME_SIZE cannot be ${value}`, "local");
  }
}

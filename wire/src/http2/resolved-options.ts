import { FRAME_HEADER_BYTES, FrameType, writeUint32 } from "./frame.ts";
import type { Http2Options } from "./http2-options.ts";
import { DEFAULT_WINDOW_BYTES, Setting } from "./settings.ts";

/** Options with their defaults. */
export interface ResolvedOptions {
  readonly initialWindowBytes: number;
  readonly connectionWindowBytes: number;
  readonly maxFrameBytes: number;
  readonly headerTableBytes: number;
  readonly maxHeaderListBytes: number;
  readonly maxContinuationFrames: number;
  readonly headerTimeoutMs: number;
  readonly settingsTimeoutMs: number;
  readonly sendBufferBytes: number;
  readonly maxQueuedBytes: number;
  readonly maxQueuedControlFrames: number;
  readonly resetBurst: number;
  readonly resetsPerSecond: number;
  readonly controlFrameBurst: number;
  readonly controlFramesPerSecond: number;
  readonly closeTimeoutMs: number;
  /** Our SETTINGS frame, and the WINDOW_UPDATE that widens the connection's window. */
  readonly opening: Uint8Array;
}

/** What the connections of one role share that were given the same options. */
export type KnownOptions = WeakMap<Http2Options, ResolvedOptions>;

/** `roleSettings`: what only a server, or only a client, announces. */
export function resolveOptions(
  resolved: KnownOptions,
  options: Http2Options,
  roleSettings: readonly (readonly [setting: number, value: number])[],
): ResolvedOptions {
  const known = resolved.get(options);
  if (known !== undefined) return known;
  const initialWindowBytes = options.initialWindowBytes ?? 1_048_576;
  const connectionWindowBytes = Math.max(options.connectionWindowBytes ?? 16_777_216, DEFAULT_WINDOW_BYTES);
  const maxFrameBytes = options.maxFrameBytes ?? 16_384;
  const headerTableBytes = options.headerTableBytes ?? 4096;
  const maxHeaderListBytes = options.maxHeaderListBytes ?? 65_536;
  const result: ResolvedOptions = {
    initialWindowBytes,
    connectionWindowBytes,
    maxFrameBytes,
    headerTableBytes,
    maxHeaderListBytes,
    maxContinuationFrames: options.maxContinuationFrames ?? 32,
    headerTimeoutMs: options.headerTimeoutMs ?? 10_000,
    settingsTimeoutMs: options.settingsTimeoutMs ?? 10_000,
    sendBufferBytes: options.sendBufferBytes ?? 262_144,
    maxQueuedBytes: options.maxQueuedBytes ?? 134_217_728,
    maxQueuedControlFrames: options.maxQueuedControlFrames ?? 1000,
    resetBurst: options.resetBurst ?? 1000,
    resetsPerSecond: options.resetsPerSecond ?? 500,
    controlFrameBurst: options.controlFrameBurst ?? 10_000,
    controlFramesPerSecond: options.controlFramesPerSecond ?? 1000,
    closeTimeoutMs: options.closeTimeoutMs ?? 1000,
    opening: openingFrames(
      [
        [Setting.HEADER_TABLE_SIZE, headerTableBytes],
        [Setting.INITIAL_WINDOW_SIZE, initialWindowBytes],
        [Setting.MAX_FRAME_SIZE, maxFrameBytes],
        [Setting.MAX_HEADER_LIST_SIZE, maxHeaderListBytes],
        ...roleSettings,
      ],
      connectionWindowBytes - DEFAULT_WINDOW_BYTES,
    ),
  };
  resolved.set(options, result);
  return result;
}

function openingFrames(
  settings: readonly (readonly [setting: number, value: number])[],
  windowIncrement: number,
): Uint8Array {
  const settingsBytes = settings.length * 6;
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + settingsBytes + (windowIncrement > 0 ? FRAME_HEADER_BYTES + 4 : 0));
  bytes[2] = settingsBytes;
  bytes[3] = FrameType.SETTINGS;
  let at = FRAME_HEADER_BYTES;
  for (const [setting, value] of settings) {
    bytes[at + 1] = setting;
    writeUint32(bytes, at + 2, value);
    at += 6;
  }
  if (windowIncrement > 0) {
    bytes[at + 2] = 4;
    bytes[at + 3] = FrameType.WINDOW_UPDATE;
    writeUint32(bytes, at + FRAME_HEADER_BYTES, windowIncrement);
  }
  return bytes;
}

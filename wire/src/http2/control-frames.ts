import { ClosedBy } from "./closed-streams.ts";
import type { Connection } from "./connection.ts";
import { Flag, FrameType, readUint31, readUint32 } from "./frame.ts";
import { ErrorCode, Http2Error } from "./http2-error.ts";
import { readSettings, Setting } from "./settings.ts";

/** RFC 9113, section 6.3: priorities are not used, but their frames must be right. */
export function priorityFrame(
  connection: Connection,
  streamId: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  if (streamId === 0) {
    connection.fail(ErrorCode.PROTOCOL_ERROR, "PRIORITY without a stream");
    return;
  }
  if (end - start !== 5) {
    failAnyStream(connection, streamId, ErrorCode.FRAME_SIZE_ERROR, "PRIORITY of a wrong size");
    return;
  }
  if (readUint31(bytes, start) === streamId) {
    failAnyStream(connection, streamId, ErrorCode.PROTOCOL_ERROR, "a stream that depends on itself");
    return;
  }
  connection.limits.controlFrame();
}

/** RFC 9113, section 6.4. */
export function resetFrame(
  connection: Connection,
  streamId: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  if (end - start !== 4) {
    connection.fail(ErrorCode.FRAME_SIZE_ERROR, "RST_STREAM of a wrong size");
    return;
  }
  const stream = connection.streams.find(streamId);
  if (stream === undefined) {
    if (streamId === 0 || connection.isIdle(streamId))
      connection.fail(ErrorCode.PROTOCOL_ERROR, "RST_STREAM on a stream that nobody opened");
    else connection.limits.controlFrame();
    return;
  }
  if (!connection.resetReceived()) return;
  const code = readUint32(bytes, start);
  // RFC 9113, section 8.1: a server that has answered wants no more of the request.
  if (code === ErrorCode.NO_ERROR && stream.remoteEnded) {
    connection.closeStream(stream, ClosedBy.PEER_RESET, undefined);
    return;
  }
  const error = new Http2Error(code, "the stream was reset by the peer", "peer", {
    notProcessed: code === ErrorCode.REFUSED_STREAM,
  });
  connection.closeStream(stream, ClosedBy.PEER_RESET, error);
}

/** RFC 9113, section 6.5. */
export function settingsFrame(
  connection: Connection,
  acknowledges: boolean,
  streamId: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  if (streamId !== 0) {
    connection.fail(ErrorCode.PROTOCOL_ERROR, "SETTINGS on a stream");
    return;
  }
  if (acknowledges ? end !== start : (end - start) % 6 !== 0) {
    connection.fail(ErrorCode.FRAME_SIZE_ERROR, "SETTINGS of a wrong size");
    return;
  }
  if (!connection.limits.controlFrame(1 + (end - start) / 6)) return;
  if (acknowledges) return;
  try {
    readSettings(bytes, start, end, (setting, value) => applySetting(connection, setting, value));
  } catch (error) {
    if (!(error instanceof Http2Error)) throw error;
    connection.fail(error.code, error.message);
    return;
  }
  connection.writeControl(FrameType.SETTINGS, Flag.ACK, 0);
}

function applySetting(connection: Connection, setting: number, value: number): void {
  const { sender } = connection;
  switch (setting) {
    case Setting.HEADER_TABLE_SIZE:
      sender.headers.setTableBytes(value);
      break;
    case Setting.ENABLE_PUSH:
      if (value === 1) connection.pushEnabledReceived();
      break;
    case Setting.MAX_CONCURRENT_STREAMS:
      connection.maxConcurrentStreamsReceived(value);
      break;
    case Setting.INITIAL_WINDOW_SIZE:
      // All open streams are looked at: a frame of many such settings must not cost more than its share.
      if (!connection.limits.controlFrame(connection.activeStreams >>> 4)) break;
      if (!sender.setInitialWindow(value, connection.streams.all()))
        throw new Http2Error(ErrorCode.FLOW_CONTROL_ERROR, "a stream's window would be too large", "local");
      break;
    case Setting.MAX_FRAME_SIZE:
      sender.setMaxFrameBytes(value);
      break;
    case Setting.MAX_HEADER_LIST_SIZE:
      sender.headers.maxListBytes = value;
      break;
    default:
      // RFC 9113, section 6.5.2: one that is not known is ignored.
      break;
  }
}

/** RFC 9113, section 6.7. */
export function pingFrame(
  connection: Connection,
  flags: number,
  streamId: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  if (streamId !== 0) {
    connection.fail(ErrorCode.PROTOCOL_ERROR, "PING on a stream");
    return;
  }
  if (end - start !== 8) {
    connection.fail(ErrorCode.FRAME_SIZE_ERROR, "PING of a wrong size");
    return;
  }
  if (!connection.limits.controlFrame()) return;
  const first = readUint32(bytes, start);
  const second = readUint32(bytes, start + 4);
  if ((flags & Flag.ACK) !== 0) {
    if (first === 0) connection.pingAcknowledged(second);
    return;
  }
  connection.writeControl(FrameType.PING, Flag.ACK, 0, first, second);
  if (!connection.closed) connection.pingReceived();
}

/** RFC 9113, section 6.8. */
export function goawayFrame(
  connection: Connection,
  streamId: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  if (streamId !== 0) {
    connection.fail(ErrorCode.PROTOCOL_ERROR, "GOAWAY on a stream");
    return;
  }
  if (end - start < 8) {
    connection.fail(ErrorCode.FRAME_SIZE_ERROR, "GOAWAY of a wrong size");
    return;
  }
  if (!connection.limits.controlFrame()) return;
  const code = readUint32(bytes, start + 4);
  const text = Buffer.from(bytes.subarray(start + 8, Math.min(end, start + 8 + MAX_DEBUG_BYTES))).toString();
  const error = new Http2Error(code, text === "" ? "the peer goes away" : `the peer goes away: ${text}`, "peer");
  if (code !== ErrorCode.NO_ERROR) connection.peerError = error;
  connection.goawayReceived(readUint31(bytes, start), error);
}

/** RFC 9113, section 6.9. */
export function windowUpdateFrame(
  connection: Connection,
  streamId: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  if (end - start !== 4) {
    connection.fail(ErrorCode.FRAME_SIZE_ERROR, "WINDOW_UPDATE of a wrong size");
    return;
  }
  if (!connection.limits.controlFrame()) return;
  const increment = readUint31(bytes, start);
  if (streamId === 0) {
    if (increment === 0) connection.fail(ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE of nothing");
    else if (!connection.sender.widenConnection(increment))
      connection.fail(ErrorCode.FLOW_CONTROL_ERROR, "the connection's window would be too large");
    return;
  }
  const stream = connection.streams.find(streamId);
  if (stream === undefined) {
    if (connection.isIdle(streamId))
      connection.fail(ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE on a stream that nobody opened");
    return;
  }
  if (increment === 0) connection.failStream(streamId, stream, ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE of nothing");
  else if (!connection.sender.widen(stream, increment))
    connection.failStream(streamId, stream, ErrorCode.FLOW_CONTROL_ERROR, "the window would be too large");
}

/** A stream error; where the stream was never open, RST_STREAM has no place, and the connection ends. */
function failAnyStream(connection: Connection, streamId: number, code: number, message: string): void {
  if (connection.isIdle(streamId)) connection.fail(code, message);
  else connection.failStream(streamId, connection.streams.find(streamId), code, message);
}

/** Of the text that comes with GOAWAY. */
const MAX_DEBUG_BYTES = 1024;

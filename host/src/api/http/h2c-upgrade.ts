import type { Socket } from "node:net";
import type { RequestHead } from "@trilby/wire/http1";

/** Whether a request asks for HTTP/2 in a way that can be granted; others are answered as they came, as HTTP allows. */
export function asksForHttp2(head: RequestHead): boolean {
  return (
    head.minorVersion === 1 &&
    head.header("upgrade")?.toLowerCase() === "h2c" &&
    head.names.filter((name) => name === "http2-settings").length === 1 &&
    !head.chunked &&
    head.contentLength <= 0 &&
    // The headers have to fit into one frame.
    head.byteCount + head.names.length * longestPrefixBytes < largestFrameBytes - 1024
  );
}

/**
 * Answers 101 and calls back once the client has said what begins HTTP/2: with that, then the request
 * as the frame of stream 1, which the client counts as sent already, then whatever came after it. `node:http2` then serves
 * the connection as any other.
 */
export function switchToHttp2(head: RequestHead, socket: Socket, rest: Buffer, ready: (begin: Buffer) => void): void {
  let seen: Buffer = rest;
  const finish = (): void => {
    clearTimeout(silence);
    socket.removeListener("data", look);
    socket.removeListener("close", finish);
  };
  const check = (): void => {
    const end = endOfBeginning(seen);
    if (end === "wrong") {
      finish();
      socket.destroy();
    } else if (end !== "more") {
      finish();
      ready(Buffer.concat([seen.subarray(0, end), requestFrame(head), seen.subarray(end)]));
    }
  };
  const look = (chunk: Buffer): void => {
    seen = Buffer.concat([seen, chunk]);
    check();
  };
  const silence = setTimeout(() => socket.destroy(), silenceMs);
  // Only what goes wrong before HTTP/2 takes over is nobody's business.
  socket.on("error", () => {});
  socket.on("close", finish);
  socket.on("data", look);
  socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
  check();
}

const http2Preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

const silenceMs = 10_000;
const frameHeadBytes = 9;
const largestFrameBytes = 16_384;
/** Of a literal header field: its kind, and two lengths; less than that comes for a colon and a line's end. */
const longestPrefixBytes = 4;
const [headersFrame, settingsFrame] = [1, 4];
/** END_STREAM and END_HEADERS. */
const wholeRequest = 0x5;

/** Where the client's preface and its first frame, its settings, end. */
function endOfBeginning(seen: Buffer): number | "more" | "wrong" {
  const length = Math.min(seen.length, http2Preface.length);
  if (seen.compare(http2Preface, 0, length, 0, length) !== 0) return "wrong";
  if (seen.length < http2Preface.length + frameHeadBytes) return "more";
  const payload = seen.readUIntBE(http2Preface.length, 3);
  if (seen[http2Preface.length + 3] !== settingsFrame || payload > largestFrameBytes) return "wrong";
  const end = http2Preface.length + frameHeadBytes + payload;
  return seen.length < end ? "more" : end;
}

/** The request as HTTP/2 would have sent it: one HEADERS frame that ends stream 1. */
function requestFrame(head: RequestHead): Buffer {
  const { names, values } = head;
  const fields = [
    field(":method", head.method),
    field(":scheme", "http"),
    field(":path", head.target),
    field(":authority", head.header("host") ?? ""),
  ];
  for (const [index, name] of names.entries()) if (!ofTheConnection.has(name)) fields.push(field(name, values[index]!));
  const payload = Buffer.concat(fields);
  const frame = Buffer.alloc(frameHeadBytes);
  frame.writeUIntBE(payload.length, 0, 3);
  frame[3] = headersFrame;
  frame[4] = wholeRequest;
  frame.writeUInt32BE(1, 5);
  return Buffer.concat([frame, payload]);
}

const ofTheConnection = new Set([
  "connection",
  "content-length",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "upgrade",
]);

/** A literal that neither side adds to its table of headers, so that the client's own compression stays in step. */
function field(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  const length = [];
  let rest = bytes.length;
  if (rest < 127) length.push(rest);
  else {
    length.push(127);
    for (rest -= 127; rest >= 128; rest >>>= 7) length.push((rest & 127) | 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}

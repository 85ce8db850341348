import type { Socket } from "node:net";

/** A larger body is not copied: it goes out beside the head, in the same system call. */
const maxCopiedBytes = 16 * 1024;
const scratchBytes = 32 * 1024;
/** Requests are written here, one after the other, as long as the kernel takes them at once. */
let scratch: Buffer | undefined;

/** Head and body in one write. */
export function writeRequest(socket: Socket, head: string, body: Uint8Array | undefined): void {
  const bodyBytes = body === undefined ? 0 : body.length;
  if (bodyBytes > maxCopiedBytes) {
    socket.cork();
    socket.write(head, "latin1");
    socket.write(body!);
    socket.uncork();
    return;
  }
  const byteCount = head.length + bodyBytes;
  // A socket that connects, or encrypts, keeps what it is given for a while.
  const isScratch = byteCount <= scratchBytes && !socket.connecting && !("encrypted" in socket);
  const bytes = isScratch ? (scratch ??= Buffer.allocUnsafeSlow(scratchBytes)) : Buffer.allocUnsafe(byteCount);
  bytes.write(head, 0, "latin1");
  if (bodyBytes > 0) bytes.set(body!, head.length);
  socket.write(byteCount === bytes.length ? bytes : bytes.subarray(0, byteCount));
  // Still read by the kernel, later: it is the socket's now.
  if (isScratch && socket.writableLength > 0) scratch = undefined;
}

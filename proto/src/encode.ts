import { LargeBytesWriter } from "./large-bytes-writer.ts";
import type { MessageCodec } from "./index.ts";

// A writer keeps its buffer after finish(), so that one writer for all messages costs one allocation a message; a fresh
// one costs several and takes more than twice as long on a 1 KiB value. Encoding is synchronous: sharing is safe.
const keptBytes = 64 * 1024;
let writer = new LargeBytesWriter();

/** `codec.encode(message).finish()` on a shared writer: the way to encode on a hot path. */
export function encodeMessage<Message>(codec: MessageCodec<Message>, message: Message): Uint8Array<ArrayBuffer> {
  const taken = writer;
  try {
    const bytes = codec.encode(message, taken).finish();
    if (taken.bufferedBytes > keptBytes) writer = new LargeBytesWriter();
    return bytes;
  } catch (error) {
    // Half a message is left in it.
    writer = new LargeBytesWriter();
    throw error;
  }
}

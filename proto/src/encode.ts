import { BinaryWriter } from "@bufbuild/protobuf/wire";
import type { MessageCodec } from "./index.ts";

// A writer keeps its buffer after finish(), so that one writer for all messages costs one allocation a message; a fresh
// one costs several and takes more than twice as long on a 1 KiB value. Encoding is synchronous: sharing is safe.
const keptBytes = 64 * 1024;
let writer = new BinaryWriter();

/** `codec.encode(message).finish()` on a shared writer: the way to encode on a hot path. */
export function encodeMessage<Message>(codec: MessageCodec<Message>, message: Message): Uint8Array<ArrayBuffer> {
  const taken = writer;
  try {
    const bytes = codec.encode(message, taken).finish();
    if (bytes.length > keptBytes) writer = new BinaryWriter();
    return bytes;
  } catch (error) {
    // Half a message is left in it.
    writer = new BinaryWriter();
    throw error;
  }
}

import type { Metadata } from "@trilby/kit";

/**
 * Whether bytes travel without a CloudEvent around them, or, as a text, why the value is not understood. The name is
 * case-sensitive and the value one of Go's boolean words, as in Dapr's runtime; components read it more freely.
 */
export function rawPayload(metadata: Metadata): boolean | string {
  const text = metadata["rawPayload"];
  if (text === undefined || text === "") return false;
  if (trueWords.has(text)) return true;
  if (falseWords.has(text)) return false;
  return `rawPayload value must be a valid boolean: actual is '${text}'`;
}

const trueWords: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const falseWords: ReadonlySet<string> = new Set(["0", "f", "F", "FALSE", "false", "False"]);

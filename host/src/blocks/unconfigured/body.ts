import { JsonReader } from "../../api/json/reader.ts";
import { JsonError } from "../../api/json/syntax-error.ts";
import { unparsable } from "./answers.ts";

/** The body of a route whose message is protobuf's JSON; an empty body is an empty message. */
export function readMessage(body: Uint8Array): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {};
  const problem = problemOf(body, "text");
  if (problem !== undefined)
    throw unparsable(
      problem === "unexpected end of JSON input" ? "proto: unexpected EOF" : `proto: syntax error: ${problem}`,
    );
  const message: unknown = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
  if (typeof message === "object" && message !== null && !Array.isArray(message))
    return message as Record<string, unknown>;
  throw unparsable("proto: syntax error: unexpected token, want an object");
}

/** The body of a route that reads plain JSON. */
export function checkJsonBody(body: Uint8Array): void {
  const problem = problemOf(body, "stream");
  if (problem !== undefined) throw unparsable(problem);
}

function problemOf(body: Uint8Array, mode: "text" | "stream"): string | undefined {
  try {
    const reader = new JsonReader(body, mode);
    reader.skip();
    reader.finish();
    return undefined;
  } catch (error) {
    if (error instanceof JsonError) return error.message;
    throw error;
  }
}

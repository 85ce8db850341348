import { JsonReader } from "../../api/json/reader.ts";
import { readSaveBody } from "../state/http-body.ts";
import type { AppAnswer } from "./app-answer.ts";
import type { StateToSave } from "./state-saver.ts";

/**
 * What an HTTP application wants done with its answer: `{storeName, state, to, concurrency, data}`, the form that Dapr's
 * reference documents. (The daprd of this writing does not act on it over HTTP, and on `states` not over gRPC either.)
 * Undefined when the body is anything else: most answers mean nothing by what they say.
 */
export function readHttpAnswer(body: Uint8Array): AppAnswer | undefined {
  if (body.length < 2 || !mayName(body)) return undefined;
  const answer = {
    storeName: "",
    states: [] as StateToSave[],
    to: [] as string[],
    data: jsonNull as Uint8Array,
    parallel: false,
  };
  try {
    const reader = new JsonReader(body, "stream");
    const isObject = reader.object(any, (name) => {
      switch (name.toLowerCase()) {
        case "storename":
          answer.storeName = reader.string(text) ?? "";
          break;
        case "state":
          answer.states = readSaveBody(reader.canonical(any)).map(({ metadata, etag, ...item }) => ({
            ...item,
            etag: etag || undefined,
            metadata: metadata ?? {},
          }));
          break;
        case "to":
          answer.to = [];
          reader.array(any, () => void answer.to.push(reader.string(text) ?? ""));
          break;
        case "concurrency":
          answer.parallel = reader.string(text)?.toLowerCase() === "parallel";
          break;
        case "data":
          answer.data = reader.canonical(any);
          break;
        default:
          reader.skip();
      }
    });
    reader.finish();
    if (!isObject) return undefined;
  } catch {
    return undefined;
  }
  if (answer.to.some((name) => name === "") || (answer.states.length > 0 && answer.storeName === "")) return undefined;
  return answer.to.length > 0 || answer.states.length > 0 ? answer : undefined;
}

const any = { type: "answer" };
const text = { type: "string" };
const jsonNull = Buffer.from("null");

/** Most answers are passed over without reading them. */
function mayName(body: Uint8Array): boolean {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  return (
    /^\s*\{/.test(bytes.toString("latin1", 0, 32)) &&
    (/"to"/i.test(bytes.toString("latin1")) || /"state"/i.test(bytes.toString("latin1")))
  );
}

import { ComponentError, type SetRequest } from "@trilby/kit";
import type { Layout } from "./layout.ts";
import { addRowId } from "./row-id.ts";

/**
 * A value is JSON: bytes as a text in base64 with isbinary = true, or the JSON itself with false. The etag is the system
 * column xmin, the number of the transaction that wrote the row.
 */
export function layoutV1(table: string): Layout {
  return {
    table,
    migrations: {
      levelKey: "migrations",
      steps: [
        async (client, name) => {
          await client.query(`
            CREATE TABLE IF NOT EXISTS ${name} (
              key text NOT NULL PRIMARY KEY,
              value jsonb NOT NULL,
              isbinary boolean NOT NULL,
              insertdate timestamp with time zone NOT NULL DEFAULT now(),
              updatedate timestamp with time zone NULL
            )`);
        },
        async (client, name) => {
          await client.query(`ALTER TABLE ${name} ADD COLUMN IF NOT EXISTS expiredate timestamp with time zone`);
        },
        addRowId("insertdate"),
      ],
    },
    lastCleanupKey: "last-cleanup",
    etagColumn: "xmin",
    expiryColumn: "expiredate",
    updatedColumn: "updatedate",
    valueColumns: ["value", "isbinary"],
    selected: ["value", "isbinary"],
    content,
    read: ([value, isBinary]) => (isBinary === "t" ? Buffer.from(value!.slice(1, -1), "base64") : Buffer.from(value!)),
    etag: readTransactionNumber,
  };
}

/** JSON is kept as such when the request says that it is JSON, so that queries see it; else as bytes. */
function content({ value, metadata }: SetRequest): [json: string, isBinary: boolean] {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (metadata["contentType"] === "application/json") {
    const text = bytes.toString("utf8");
    if (isKept(text)) return [text, false];
  }
  return [`"${bytes.toString("base64")}"`, true];
}

/** Whether PostgreSQL takes this text as jsonb: JSON, without the characters that its text type cannot hold. */
function isKept(text: string): boolean {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return false;
  }
  if (!/\\u(0000|d[89a-f])/i.test(text)) return true;
  // Written anew, half of a pair of surrogates stays an escape and a whole one does not.
  return !/(^|[^\\])(\\\\)*\\u(0000|d[89a-f])/i.test(JSON.stringify(parsed));
}

function readTransactionNumber(etag: string): string {
  const number = /^\d{1,20}$/.test(etag) ? Number(etag) : Number.NaN;
  if (number < 2 ** 32) return String(number);
  throw new ComponentError("etag-invalid", "The etag is not a number of 32 bits, as those of this store are");
}

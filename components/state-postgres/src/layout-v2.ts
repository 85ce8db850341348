import { ComponentError } from "@trilby/kit";
import type { Layout } from "./layout.ts";
import { addRowId } from "./row-id.ts";

/** A value is bytes. The etag is a random UUID that the server makes anew with each write. */
export function layoutV2(tablePrefix: string): Layout {
  return {
    table: `${tablePrefix}state`,
    migrations: {
      levelKey: `migrations-state-v2-${tablePrefix}`,
      steps: [
        async (client, name) => {
          const { rows } = await client.query("SELECT 1 WHERE to_regclass($1) IS NOT NULL", [name]);
          if (rows.length > 0) return;
          await client.query(`
            CREATE TABLE ${name} (
              key text NOT NULL PRIMARY KEY,
              value bytea NOT NULL,
              etag uuid NOT NULL DEFAULT gen_random_uuid(),
              created_at timestamp with time zone NOT NULL DEFAULT now(),
              updated_at timestamp with time zone,
              expires_at timestamp with time zone
            )`);
          await client.query(`CREATE INDEX ON ${name} (expires_at)`);
        },
        addRowId("created_at"),
      ],
    },
    lastCleanupKey: `last-cleanup-state-v2-${tablePrefix}`,
    etagColumn: "etag",
    expiryColumn: "expires_at",
    updatedColumn: "updated_at",
    valueColumns: ["value"],
    onUpdate: "etag = gen_random_uuid()",
    // The driver reads answers as text, and the server's setting bytea_output must not matter.
    selected: ["encode(value, 'hex')"],
    content: ({ value }) => [Buffer.from(value.buffer, value.byteOffset, value.byteLength)],
    read: ([hex]) => Buffer.from(hex!, "hex"),
    etag: readUuid,
  };
}

/** The usual form, the same in braces or as a URN, or 32 digits. */
function readUuid(etag: string): string {
  const bare = etag.replace(/^urn:uuid:/i, "").replace(/^\{(.*)\}$/, "$1");
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$|^[0-9a-f]{32}$/i.test(bare)) return bare;
  throw new ComponentError("etag-mismatch", "The etag is not a UUID, as those of this store are");
}

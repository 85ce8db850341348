import type { GetResult, SetRequest } from "@trilby/kit";
import type { MigrationPlan } from "./migrate.ts";

/** What differs between v1 and v2: the columns, and what stands in them. */
export interface Layout {
  readonly table: string;
  readonly migrations: Pick<MigrationPlan, "levelKey" | "steps">;
  readonly lastCleanupKey: string;
  readonly etagColumn: string;
  readonly expiryColumn: string;
  readonly updatedColumn: string;
  /** The columns of a value, in the order of `content`, and what else an update changes. */
  readonly valueColumns: readonly string[];
  readonly onUpdate?: string;
  /** What SELECT names for a value; `read` gets these as text. */
  readonly selected: readonly string[];

  /** The parameters that make up a value. */
  content(request: SetRequest): unknown[];
  read(columns: readonly (string | null)[]): GetResult["data"];
  /** The etag as SQL compares it. Throws `etag-invalid` or `etag-mismatch` for one that no row can have. */
  etag(text: string): string;
}

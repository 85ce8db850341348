import type { QueryConfig } from "pg";

/** A query with a time limit of its own, in milliseconds, instead of the pool's. The driver's types do not know it. */
export interface SlowQuery extends QueryConfig {
  readonly query_timeout: number;
}

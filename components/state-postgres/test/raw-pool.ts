import { Pool } from "pg";

/** Looks at the server past the store. The end of the server is no error of it. */
export function rawPool(connectionString: string): Pool {
  const pool = new Pool({ connectionString, max: 2 });
  pool.on("connect", (client) => client.on("error", () => {}));
  pool.on("error", () => {});
  return pool;
}

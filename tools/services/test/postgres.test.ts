import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "vitest";
import { describeService } from "@trilby/services/vitest";
import type { Service } from "../src/service.ts";

describeService("postgres", { killable: true }, (postgres) => {
  test("keeps its data and port over SIGKILL", async () => {
    query(postgres, "CREATE TABLE kept (value text); INSERT INTO kept VALUES ('yes')");
    await postgres.kill();
    assert.throws(() => query(postgres, "SELECT 1"), /refused/);
    await postgres.restart();
    assert.equal(query(postgres, "SELECT value FROM kept"), "yes");
  });
});

describeService("postgres", { tls: "server" }, (postgres) => {
  test("takes connections over TLS alone", () => {
    const ca = postgres.certificates!.caFile;
    assert.equal(query(postgres, "SELECT ssl FROM pg_stat_ssl", `?sslmode=verify-full&sslrootcert=${ca}`), "t");
    assert.throws(() => query(postgres, "SELECT 1", "?sslmode=disable"), /no encryption/);
  });
});

function query(postgres: Service, sql: string, parameters = ""): string {
  return execFileSync("psql", ["-tAqc", sql, postgres.url + parameters], { encoding: "utf8", stdio: "pipe" }).trim();
}

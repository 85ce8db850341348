import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeService } from "@trilby/services/vitest";
import { rawPool } from "./raw-pool.ts";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { closeStores, open, openStore, type Version } from "./open.ts";
import { getting, setting, textOf } from "@trilby/conformance/requests";

describe("metadata", () => {
  const connectionString = "host=localhost password=hunter2";
  const refused: [properties: Record<string, string>, problem: string | RegExp][] = [
    [{}, "connectionString is required"],
    [{ connectionString: "mysql://user:hunter2@host" }, "must be a postgres:// URL or pairs"],
    [{ connectionString: "postgres://user:sec#ret@host" }, /URL|port/],
    [{ connectionString: `${connectionString} 'x` }, "must be a postgres:// URL or pairs"],
    [{ connectionString, port: "99999" }, "port must be from 1 to 65535"],
    [{ connectionString, timeout: "10ms" }, "timeout must be at least 1s"],
    [{ connectionString, queryExecMode: "fast" }, "queryExecMode must be one of"],
    [{ connectionString, useAWSIAM: "true" }, "useAWSIAM is not supported yet"],
    [{ connectionString, useAzureAD: "true" }, "useAzureAD is not supported yet"],
    [{ connectionString: `${connectionString} sslmode=maybe` }, "sslmode must be"],
    [{ connectionString: "host=a,b" }, "several hosts"],
    [{ connectionString: "host=a sslmode=verify-full sslrootcert=/no/such.pem" }, "cannot read /no/such.pem"],
    [{ connectionString, metadataTableName: "x; drop table y" }, "metadataTableName must be a name"],
  ];
  for (const tableName of ["state; --", "a b", "a.b.c", "ü", "", 'x"y', "1st"]) {
    refused.push([{ connectionString, tableName }, "tableName must be a name"]);
  }
  it.each(refused)("%j is refused", async (properties, problem) => {
    const opening = openStore("v1", properties);
    await expect(opening).rejects.toThrow(problem);
    await expect(opening).rejects.toMatchObject({ message: expect.not.stringContaining("hunter2") });
  });

  it("says where nothing answers", async () => {
    const opening = openStore("v2", { connectionString: "postgres://u:hunter2@127.0.0.1:1/db" });
    await expect(opening).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/127\.0\.0\.1:1.*ECONNREFUSED/),
    });
  });
});

describeService("postgres", (postgres) => {
  const url = new URL(postgres.url);
  const pool = rawPool(postgres.url);
  afterAll(() => pool.end());
  afterEach(async () => {
    await closeStores();
    await pool.query("DROP SCHEMA IF EXISTS other CASCADE");
    await pool.query(`DROP TABLE IF EXISTS state, dapr_metadata, mine, meta, "Mixed Case", p_state, q_state`);
  });
  const rows = async (text: string) => (await pool.query(text)).rows as Record<string, unknown>[];

  describe("the connection", () => {
    const password = decodeURIComponent(url.password);
    const pairs = `host=${url.hostname} port=${url.port} user=${url.username} password='${password.replace(/['\\]/g, "\\$&")}' dbname=postgres`;

    it.each([
      ["a URL", { connectionString: postgres.url }],
      ["pairs", { connectionString: pairs }],
      ["fields alone", { host: url.hostname, port: url.port, user: url.username, password, database: "postgres" }],
      [
        "fields over a URL",
        {
          url: "postgres://wrong:wrong@wrong/wrong",
          hostaddr: "127.0.0.1",
          port: url.port,
          user: url.username,
          password,
          database: "postgres",
        },
      ],
      [
        "settings",
        {
          connectionString: `${pairs} sslmode=disable application_name=trilby search_path=pg_temp\\,public connect_timeout=3 pool_max_conns=3`,
        },
      ],
    ])("is made from %s", async (_, properties) => {
      const store = await openStore("v2", properties);
      await store.set(setting("k", "v"));
      expect(textOf((await store.get(getting("k")))?.data)).toBe("v");
      await store.ping!();
    });

    it("is refused with a wrong password, which is not told", async () => {
      const opening = openStore("v2", { connectionString: postgres.url, password: "wrong-hunter2" });
      await expect(opening).rejects.toMatchObject({
        code: "unauthenticated",
        message: expect.not.stringContaining("hunter2"),
      });
      await expect(openStore("v2", { connectionString: postgres.url, database: "absent" })).rejects.toMatchObject({
        code: "failed-precondition",
      });
    });

    it.each(["exec", "simple_protocol", "cache_statement"])("works in the mode %s", async (queryExecMode) => {
      const store = await openStore("v1", { connectionString: postgres.url, queryExecMode, maxConns: "2" });
      await Promise.all(Array.from({ length: 20 }, (_, index) => store.set(setting(`k${index}`, "v"))));
      const [{ count }] = (await rows("SELECT count(*)::int FROM state")) as [{ count: number }];
      expect(count).toBe(20);
    });
  });

  describe("the tables", () => {
    const properties = { connectionString: postgres.url };

    it.each(["v1", "v2"] as Version[])("of %s are made once when many come at the same time", async (version) => {
      const lines: string[] = [];
      const logger = { debug() {}, warn() {}, error() {}, info: (message: string) => void lines.push(message) };
      await Promise.all(Array.from({ length: 8 }, () => open(version, properties, logger)));
      const levels = version === "v1" ? 3 : 2;
      expect(lines).toEqual(
        Array.from({ length: levels }, (_, index) => `Bringing the table state to level ${index + 1}`),
      );
    });

    it("have the names that are given", async () => {
      await pool.query("CREATE SCHEMA other");
      const v1 = await openStore("v1", { ...properties, tableName: "other.Mine", metadataTableName: "other.meta" });
      const quoted = await openStore("v1", { ...properties, tableName: '"Mixed Case"', metadataTableName: "meta" });
      const v2 = await openStore("v2", { ...properties, tablePrefix: "p_" });
      const inSchema = await openStore("v2", {
        ...properties,
        tablePrefix: "other.q_",
        metadataTableName: "other.meta",
      });
      for (const store of [v1, quoted, v2, inSchema]) await store.set(setting("k", "v"));
      for (const table of ["other.mine", '"Mixed Case"', "p_state", "other.q_state"]) {
        expect(await rows(`SELECT key FROM ${table}`)).toEqual([{ key: "k" }]);
      }
      expect(await rows("SELECT key FROM other.meta ORDER BY key")).toEqual(
        ["lock", "migrations", "migrations-state-v2-other.q_"].map((key) => ({ key })),
      );
    });

    it("are made for a second name beside the first, under one bookkeeping", async () => {
      await openStore("v1", properties);
      const store = await openStore("v1", { ...properties, tableName: "mine" });
      await store.set(setting("k", "v"));
      expect(await rows("SELECT key FROM mine")).toEqual([{ key: "k" }]);
    });

    it("of v1 older than the bookkeeping are brought up to date with their rows", async () => {
      await pool.query(`CREATE TABLE state (key text PRIMARY KEY, value jsonb NOT NULL, isbinary boolean NOT NULL,
        insertdate timestamptz NOT NULL DEFAULT now(), updatedate timestamptz)`);
      await pool.query(
        `INSERT INTO state (key, value, isbinary, insertdate) VALUES ('b', '1', false, now()), ('a', '"YQ=="', true, now() - interval '1 day')`,
      );
      const store = await openStore("v1", properties);
      expect(textOf((await store.get(getting("a")))?.data)).toBe("a");
      await store.set(setting("c", "new", { metadata: { ttlInSeconds: "10" } }));
      expect(await rows("SELECT key, row_id::int FROM state ORDER BY row_id")).toEqual([
        { key: "a", row_id: 1 },
        { key: "b", row_id: 2 },
        { key: "c", row_id: 3 },
      ]);
    });

    it("of the other version are not taken for one's own", async () => {
      await openStore("v2", properties);
      await expect(openStore("v1", properties)).rejects.toThrow("table state, but not with these columns");
    });

    it("of a level this version does not know are left alone", async () => {
      await openStore("v2", properties);
      await pool.query("UPDATE dapr_metadata SET value = '7' WHERE key = 'migrations-state-v2-'");
      const store = await openStore("v2", properties);
      await store.set(setting("k", "v"));
      expect(await rows("SELECT value FROM dapr_metadata WHERE key = 'migrations-state-v2-'")).toEqual([
        { value: "7" },
      ]);
      await pool.query("UPDATE dapr_metadata SET value = 'x' WHERE key = 'migrations-state-v2-'");
      await expect(openStore("v2", properties)).rejects.toThrow("not a number");
    });
  });
});

describeService("postgres", { tls: "server" }, (postgres) => {
  const { caFile, serverCertificateFile } = postgres.certificates!;
  const withMode = (mode: string, rest = "") => ({ connectionString: `${postgres.url}?sslmode=${mode}${rest}` });

  it("is spoken to with TLS as sslmode wants it", async () => {
    const encrypted = async (properties: Record<string, string>) => {
      const store = await openStore("v2", { ...properties, tablePrefix: "tls_" });
      await store.set(setting("k", "v"));
    };
    await encrypted({ connectionString: postgres.url });
    await encrypted(withMode("require"));
    await encrypted(withMode("verify-ca", `&sslrootcert=${encodeURIComponent(caFile)}`));
    await encrypted({ ...withMode("verify-full"), sslRootCert: caFile });
    await expect(encrypted(withMode("verify-full"))).rejects.toThrow(/certificate/);
    const otherCa = join(tmpdir(), `trilby-${process.pid}-ca.pem`);
    writeFileSync(otherCa, "no certificate");
    await expect(encrypted(withMode("require", `&sslrootcert=${encodeURIComponent(otherCa)}`))).rejects.toThrow();
    expect(serverCertificateFile).toBeTruthy();
  });
});

import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { decodeMetadata, type Logger } from "@trilby/kit";
import {
  closeRedis,
  connectRedis,
  duplicateRedis,
  isReply,
  redisError,
  redisFields,
  redisProblems,
} from "@trilby/redis-client";
import { describeService } from "@trilby/services/vitest";
import { describe, expect, it } from "vitest";
import { readAddresses } from "../src/addresses.ts";
import { clientOptions, retryDelayMs } from "../src/client-options.ts";

const declaration = {
  kind: "state",
  type: "state.test",
  metadata: redisFields({ redisMinRetryInterval: "2s" }),
} as const;
const optionsOf = (properties: Record<string, string>) =>
  decodeMetadata(declaration, { redisHost: "h", ...properties });
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const context = { logger: silent, signal: new AbortController().signal };

describe("addresses", () => {
  it.each([
    ["host", 0, [{ host: "host", port: 6379 }]],
    ["host", 7000, [{ host: "host", port: 7000 }]],
    ["host:1234", 0, [{ host: "host", port: 1234 }]],
    ["[::1]:1234", 0, [{ host: "::1", port: 1234 }]],
    ["[::1]", 0, [{ host: "::1", port: 6379 }]],
    ["::1", 0, [{ host: "::1", port: 6379 }]],
    [
      "a:1, b , c:3",
      2,
      [
        { host: "a", port: 1 },
        { host: "b", port: 2 },
        { host: "c", port: 3 },
      ],
    ],
  ])("of %s with port %i", (redisHost, redisPort, addresses) => {
    expect(readAddresses(redisHost, redisPort)).toEqual(addresses);
  });

  it.each([
    ["a:1", "1", []],
    ["a:1", "2", ["redisHost has the port 1 and redisPort is 2: drop one of them"]],
    [":1", "", ['redisHost must be host or host:port, but is ":1"']],
    ["a:0", "", ['redisHost must be host or host:port, but is "a:0"']],
    ["a:1:2", "", []],
  ])("%s with port %s has problems %j", (redisHost, redisPort, problems) => {
    expect(redisProblems(optionsOf({ redisHost, redisPort }))).toEqual(problems);
  });
});

describe("the client's options", () => {
  it("read bare numbers as milliseconds", () => {
    const options = clientOptions(optionsOf({ readTimeout: "1500", writeTimeout: "2s", dialTimeout: "700" }));
    expect(options).toMatchObject({ connectTimeout: 700, maxRetriesPerRequest: 3 });
    expect(clientOptions(optionsOf({ readTimeout: "-1" }))).not.toHaveProperty("commandTimeout");
    expect(clientOptions(optionsOf({ maxRetries: "-1" }))).toMatchObject({ maxRetriesPerRequest: 0 });
  });

  it("check the server's certificate unless told otherwise, also that of sentinels", () => {
    expect(clientOptions(optionsOf({}))).not.toHaveProperty("tls");
    const secure = { enableTLS: "true", failover: "true", sentinelMasterName: "m", clientCert: "c", clientKey: "k" };
    const tls = { rejectUnauthorized: true, cert: "c", key: "k" };
    expect(clientOptions(optionsOf(secure))).toMatchObject({ tls, sentinelTLS: tls, enableTLSForSentinelMode: true });
    const insecure = clientOptions(optionsOf({ enableTLS: "1", insecureSkipTLSVerify: "true" }));
    expect(insecure.tls).toEqual({ rejectUnauthorized: false });
  });

  it("pause longer from retry to retry, up to the maximum, and spare a server that stays away", () => {
    const delays = (properties: Record<string, string>, attempts = 6) =>
      Array.from({ length: attempts }, (_, index) => retryDelayMs(optionsOf(properties), index + 1));
    expect(delays({})).toEqual([512, 512, 512, 512, 512, 600]);
    expect(delays({ redisMinRetryInterval: "8" })).toEqual([8, 16, 32, 400, 500, 600]);
    expect(delays({ redisMinRetryInterval: "-1", redisMaxRetries: "5" })).toEqual([0, 0, 0, 0, 0, 600]);
    expect(delays({ maxRetryBackoff: "10000000" }, 2)).toEqual([10, 20]);
    expect(retryDelayMs(optionsOf({}), 1_000_000)).toBe(1_000);
  });
});

describe("errors", () => {
  const reply = (message: string) => Object.assign(new Error(message), { name: "ReplyError" });
  it.each([
    [reply("NOPERM this user has no permissions"), "permission-denied"],
    [reply("OOM command not allowed"), "resource-exhausted"],
    [reply("READONLY You can't write"), "unavailable"],
    [reply("ERR something"), "internal"],
    [reply("NOWORDS"), "internal"],
    [new Error("Command timed out"), "deadline-exceeded"],
    [new Error("Connection is closed."), "unavailable"],
    ["text", "unavailable"],
  ])("%s", (error, code) => {
    expect(redisError(error)).toMatchObject({ code, cause: error });
  });

  it("of the contract stay as they are", () => {
    const error = redisError(reply("NOSCRIPT x"));
    expect(redisError(error)).toBe(error);
    expect(isReply(reply("NOSCRIPT x"), "NOSCRIPT")).toBe(true);
    expect(isReply(new Error("NOSCRIPT x"), "NOSCRIPT")).toBe(false);
  });
});

describeService("redis", (redis) => {
  const url = new URL(redis.url);
  const options = optionsOf({ redisHost: redis.address, redisPassword: decodeURIComponent(url.password) });

  it("gets the commands of one turn in a few reads", async () => {
    const client = await connectRedis(options, context);
    const readsSoFar = async () => Number(/^total_reads_processed:(\d+)/m.exec(await client.info("stats"))![1]);
    const before = await readsSoFar();
    const answers = await Promise.all(Array.from({ length: 2_000 }, (_, index) => client.call("ECHO", `${index}`)));
    expect(answers).toEqual(Array.from({ length: 2_000 }, (_, index) => `${index}`));
    expect((await readsSoFar()) - before).toBeLessThan(100);
    await closeRedis(client);
  });

  it("is hung up on, with what is under way finished, also on a second connection", async () => {
    const client = await connectRedis(options, context);
    const twin = duplicateRedis(client);
    const answers = [client.call("ECHO", "a"), twin.call("ECHO", "b")];
    await twin.ping();
    await Promise.all([closeRedis(client), closeRedis(twin)]);
    expect(await Promise.all(answers)).toEqual(["a", "b"]);
    await expect(client.ping()).rejects.toThrow("closed");
  });

  it("is hung up on when it is silent while commands wait, and only then", { timeout: 20_000 }, async () => {
    const lines: string[] = [];
    const logger: Logger = { ...silent, warn: (line) => void lines.push(line) };
    const impatient = { ...options, readTimeout: 300 };
    const client = await connectRedis(impatient, { ...context, logger });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await client.ping()).toBe("PONG");
    expect(lines).toEqual([]);
    await redis.pause();
    try {
      await expect(client.ping()).rejects.toThrow("Command timed out");
      await expect.poll(() => lines).toEqual(["The connection to Redis is lost; trying again"]);
    } finally {
      await redis.resume();
    }
    await expect.poll(() => client.ping().catch(String), { timeout: 10_000 }).toBe("PONG");
    await closeRedis(client);
  });

  it("answers in time or rejects, wherever a command waits", { timeout: 20_000 }, async () => {
    const took = async (waiting: Promise<unknown>): Promise<number> => {
      const started = performance.now();
      await expect(waiting).rejects.toThrow(/timed out|within readTimeout/);
      return performance.now() - started;
    };
    const impatient = { ...options, readTimeout: 400 };
    const client = await connectRedis(impatient, context);
    await redis.pause();
    try {
      for (const ms of await Promise.all([took(client.ping()), took(client.call("ECHO", "a"))])) {
        expect(ms).toBeGreaterThan(395);
        expect(ms).toBeLessThan(2_000);
      }
    } finally {
      await redis.resume();
    }
    await closeRedis(client);
    const silentServer = createServer().listen(0, "127.0.0.1");
    await once(silentServer, "listening");
    const { port } = silentServer.address() as AddressInfo;
    const unsent = await took(connectRedis(optionsOf({ redisHost: `127.0.0.1:${port}`, readTimeout: "400" }), context));
    expect(unsent).toBeGreaterThan(395);
    expect(unsent).toBeLessThan(2_000);
    silentServer.close();
  });

  it("is not waited for when the opener gives up", async () => {
    const aborted = AbortSignal.abort(new Error("given up"));
    await expect(connectRedis(options, { ...context, signal: aborted })).rejects.toThrow("given up");
    const nowhere = optionsOf({ redisHost: "192.0.2.1:6379", dialTimeout: "30s", readTimeout: "30s" });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    const started = performance.now();
    await expect(connectRedis(nowhere, { ...context, signal: controller.signal })).rejects.toMatchObject({
      code: "unavailable",
    });
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

import { readFile } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { RpcCode } from "@trilby/kit/transport";
import type { Channel, ClientTls, ServerTls } from "@trilby/kit/transport";
import { overEveryPairing, echo, string, text } from "./fixture.ts";

// For component.test, its own authority, valid until 2126.
const certificate = await readFile(new URL("fixtures/tls-certificate.pem", import.meta.url), "utf8");
const privateKey = await readFile(new URL("fixtures/tls-key.pem", import.meta.url), "utf8");
const refused = { code: RpcCode.UNAVAILABLE };

overEveryPairing(({ connect, createServer }) => {
  async function channel(tls: ClientTls | undefined, server: Partial<ServerTls> = {}): Promise<Channel> {
    const rpc = await createServer({ tls: { certificate, privateKey, ...server } });
    echo(rpc);
    const address = await rpc.listen({ host: "127.0.0.1", port: 0 });
    const made = await connect(address, { tls });
    onTestFinished(async () => {
      made.close();
      await rpc.close(0);
    });
    return made;
  }

  const call = (made: Channel): Promise<string> => made.unary("/test.Echo/Unary", text("a")).then(string);

  test("a certificate of the given authority for the given name is accepted", async () => {
    expect(await call(await channel({ ca: certificate, serverName: "component.test" }))).toBe("a");
  });

  test("another name, and an unknown authority, are refused, unless verification is skipped", async () => {
    await expect(call(await channel({ ca: certificate }))).rejects.toMatchObject(refused);
    await expect(call(await channel({ serverName: "component.test" }))).rejects.toMatchObject(refused);
    expect(await call(await channel({ insecureSkipVerify: true }))).toBe("a");
  });

  test("a server that wants certificates takes those of its authority only", async () => {
    const mutual = { clientCa: certificate };
    const trust = { ca: certificate, serverName: "component.test" };
    expect(await call(await channel({ ...trust, certificate, privateKey }, mutual))).toBe("a");
    await expect(call(await channel(trust, mutual))).rejects.toMatchObject(refused);
  });

  test("plain text does not reach a server with TLS", async () => {
    await expect(call(await channel(undefined))).rejects.toMatchObject(refused);
  });
});

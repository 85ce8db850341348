import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import {
  connect as connectNode,
  createServer as createNodeServer,
  createSecureServer,
  type ClientHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { connect, createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";

import { acceptHttp2, connectHttp2, type Http2ClientConnection } from "../../src/http2/index.ts";
import { echo, Gathering, requestHeaders } from "./fixture.ts";

// Other people's HTTP/2 on the other end, by prior knowledge, on unix sockets, and agreed on by ALPN in TLS (RFC 9113, section 3).

const fixtures = new URL("../fixtures/", import.meta.url);
const cert = readFileSync(new URL("tls-certificate.pem", fixtures), "utf8");
const key = readFileSync(new URL("tls-key.pem", fixtures), "utf8");
const body = Buffer.alloc(300_000, "trilby ");

async function listening(server: Server, options: ListenOptions): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.listen(options);
  await once(server, "listening");
  onTestFinished(async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, "close");
  });
  const address = server.address();
  return typeof address === "object" ? address!.port : 0;
}

function socketPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "trilby-wire-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "socket");
}

async function echoesOurs(client: Http2ClientConnection): Promise<void> {
  const receivers = Array.from({ length: 5 }, () => {
    const receiver = new Gathering();
    client.request(requestHeaders, false, receiver)!.sendData(true, body);
    return receiver;
  });
  for (const receiver of receivers) {
    expect(await receiver.ended).toBeUndefined();
    expect(receiver.body.equals(body)).toBe(true);
  }
}

async function echoesNode(client: ClientHttp2Session): Promise<void> {
  onTestFinished(() => client.destroy());
  const bodies = Array.from({ length: 5 }, () => {
    const stream = client.request({ ":method": "POST", ":path": "/echo" });
    stream.end(body);
    return buffer(stream);
  });
  for (const each of await Promise.all(bodies)) expect(each.equals(body)).toBe(true);
}

const nodeEcho = (stream: ServerHttp2Stream): void => {
  stream.respond({ ":status": 200 });
  stream.pipe(stream);
};

const dial = async (socket: Socket, event: string): Promise<Http2ClientConnection> => {
  onTestFinished(() => void socket.destroy());
  await once(socket, event);
  return connectHttp2(socket, {}, {});
};

describe("our server and node:http2", () => {
  const accept = (socket: Socket): void => void acceptHttp2(socket, {}, echo);

  it("by prior knowledge", async () => {
    const port = await listening(createServer(accept), { port: 0, host: "127.0.0.1" });
    await echoesNode(connectNode(`http://127.0.0.1:${port}`));
  });

  it("on a unix socket", async () => {
    const path = socketPath();
    await listening(createServer(accept), { path });
    await echoesNode(connectNode("http://localhost", { createConnection: () => connect(path) }));
  });

  it("in TLS", async () => {
    const server = createTlsServer({ cert, key, ALPNProtocols: ["h2"] }, accept);
    const port = await listening(server, { port: 0, host: "127.0.0.1" });
    await echoesNode(connectNode(`https://127.0.0.1:${port}`, { ca: cert, checkServerIdentity: () => undefined }));
  });
});

describe("our client and node:http2", () => {
  it("by prior knowledge", async () => {
    const port = await listening(createNodeServer().on("stream", nodeEcho), { port: 0, host: "127.0.0.1" });
    await echoesOurs(await dial(connect(port, "127.0.0.1"), "connect"));
  });

  it("on a unix socket", async () => {
    const path = socketPath();
    await listening(createNodeServer().on("stream", nodeEcho), { path });
    await echoesOurs(await dial(connect(path), "connect"));
  });

  it("in TLS", async () => {
    const server = createSecureServer({ cert, key }).on("stream", nodeEcho);
    const port = await listening(server, { port: 0, host: "127.0.0.1" });
    const socket: TLSSocket = connectTls({
      port,
      host: "127.0.0.1",
      ca: cert,
      ALPNProtocols: ["h2"],
      checkServerIdentity: () => undefined,
    });
    const client = await dial(socket, "secureConnect");
    expect(socket.alpnProtocol).toBe("h2");
    await echoesOurs(client);
  });

  it("before the connection stands", async () => {
    const port = await listening(createNodeServer().on("stream", nodeEcho), { port: 0, host: "127.0.0.1" });
    const socket = connect(port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    await echoesOurs(connectHttp2(socket, {}, {}));
  });
});

describe("ours on both ends", () => {
  it("in TLS on a unix socket", async () => {
    const path = socketPath();
    const server = createTlsServer(
      { cert, key, ALPNProtocols: ["h2"] },
      (socket) => void acceptHttp2(socket, {}, echo),
    );
    await listening(server, { path });
    const socket = connectTls({ path, ca: cert, ALPNProtocols: ["h2"], checkServerIdentity: () => undefined });
    await echoesOurs(await dial(socket, "secureConnect"));
  });
});

// The limit: node:http and ioredis with nothing between them. It reads and writes the hash that Dapr's Redis store has, and checks nothing but the JSON.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Redis } from "ioredis";

const [host, port] = (process.argv[2] ?? "").split(":");
const redis = new Redis({ host: host ?? "", port: Number(port) });

interface Item {
  readonly key: string;
  readonly value: unknown;
}

const server = createServer((request, response) => {
  if (request.method === "GET") {
    const url = request.url ?? "";
    const key = `bench||${url.slice(url.lastIndexOf("/") + 1)}`;
    void redis.hmgetBuffer(key, "data", "version", (error, found) => {
      if (error) throw error;
      const [data, version] = found!;
      response.writeHead(200, { "content-type": "application/json", etag: String(version) }).end(data);
    });
    return;
  }
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const [item] = JSON.parse(Buffer.concat(chunks).toString()) as [Item];
    void redis.hset(`bench||${item.key}`, "data", JSON.stringify(item.value), (error) => {
      if (error) throw error;
      response.writeHead(204).end();
    });
  });
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));

import { deepEqual, equal } from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { until, type Verdicts } from "@trilby/interop-judging";
import { startJudged } from "../trilbyd.ts";
import { badAnswers, goodAnswers, type ServerAnswer } from "./answers.ts";

/** An application that answers each event badly the first time: trilbyd must not take that for an answer, so the event comes again. */
export async function judgeByDeliveries({ check }: Verdicts): Promise<void> {
  const bad: readonly ServerAnswer[] = [
    ...badAnswers.filter(({ codes }) => codes.every((code) => code === "malformed" || code === "broken")),
    ...goodAnswers
      .filter(({ untilClose, status, body }) => !untilClose && status === 200 && body !== "")
      .map(({ name, answer }) => ({ name: `${name}, cut`, answer: answer.slice(0, -1), closes: true })),
  ];
  const attempts = new Map<string, number>();
  const app = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.url === "/dapr/subscribe")
      return void response.end(JSON.stringify([{ pubsubname: "channel", topic: "orders", route: "/orders" }]));
    if (request.url !== "/orders") return void response.writeHead(404).end();
    const { data } = JSON.parse(Buffer.concat(chunks).toString()) as { data: { name: string } };
    const attempt = (attempts.get(data.name) ?? 0) + 1;
    attempts.set(data.name, attempt);
    const { answer, closes = false } = bad.find(({ name }) => name === data.name) ?? { answer: "" };
    if (attempt > 1 || answer === "") return void (attempt > 1 ? response.end() : request.socket.end());
    const socket: Socket = request.socket;
    socket.write(answer, "latin1");
    if (closes) socket.end();
  });
  app.listen(0, "127.0.0.1");
  await once(app, "listening");
  const judged = await startJudged((app.address() as AddressInfo).port);
  try {
    const publish = async (name: string): Promise<void> => {
      const response = await fetch(`${judged.url}/v1.0/publish/channel/orders`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ name }),
      });
      equal(response.status, 204);
    };
    // The broker forgets what nobody has subscribed to yet.
    await until("the subscription", async () => {
      await publish("first");
      return (attempts.get("first") ?? 0) > 1;
    });
    await check(`${bad.length} events, each answered badly at first: each comes again, and once`, async () => {
      for (const { name } of bad) await publish(name);
      const missing = (): string[] => bad.map(({ name }) => name).filter((name) => (attempts.get(name) ?? 0) < 2);
      await until("all events, twice", () => missing().length === 0, 30_000).catch(() => {
        throw new Error(`taken for answered, or lost: ${missing().join("; ")}`);
      });
      deepEqual(
        [...attempts].filter(([name, count]) => name !== "first" && count !== 2),
        [],
      );
      equal(judged.ended(), undefined);
    });
  } finally {
    await judged.stop();
    app.closeAllConnections();
    app.close();
  }
}

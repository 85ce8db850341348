import { BodyError, createHttp1Server, type Http1Request } from "@trilby/wire/http1";
import { parseAnswers } from "../raw/answers.ts";
import { MemorySocket } from "./memory-socket.ts";
import type { ConnectionReading, Conversation, RequestReading } from "./reading.ts";

/** Where a conversation is cut, in the order of places; [] leaves it whole. */
export type Cuts = (length: number) => readonly number[];

/**
 * @trilby/wire's HTTP/1.1 server. Throws when its answers are not one for each request, in good form, and at most one refusal behind
 * them, or when it does not end the connection.
 */
export async function readByOurs(
  conversations: readonly Conversation[],
  cuts: Cuts = () => [],
): Promise<readonly ConnectionReading[]> {
  return Promise.all(conversations.map((each) => readOne(each, cuts(each.length))));
}

async function readOne(conversation: Conversation, cuts: readonly number[]): Promise<ConnectionReading> {
  const requests: (RequestReading & { body: string; complete: boolean })[] = [];
  const server = createHttp1Server({
    maxHeadBytes: 1 << 20,
    handle(request) {
      const { method, target, minorVersion, names, values } = request.head;
      const fields = names.map((name, at) => [name, values[at]!] as const);
      const reading = { method, target, version: `1.${minorVersion}`, fields, body: "", complete: false };
      requests.push(reading);
      void answer(request, reading);
    },
  });
  const socket = new MemorySocket();
  const closed = new Promise((resolve) => socket.once("close", resolve));
  server.listener.emit("connection", socket);
  let from = 0;
  for (const to of [...cuts, conversation.length]) {
    socket.deliver(conversation.subarray(from, to));
    from = to;
    await turn();
  }
  await turn();
  socket.deliverEnd();
  await closed;

  const shown = (): string => JSON.stringify(conversation.toString("latin1"));
  const { answers, rest } = parseAnswers(
    socket.answers(),
    requests.map(({ method }) => method),
    true,
  );
  if (rest.length > 0) throw new Error(`ours: ${rest.toString("latin1")} for ${shown()}`);
  const final = answers.filter(({ status }) => status >= 200);
  const complete = requests.filter((request) => request.complete).length;
  const statuses = final.map(({ status }) => status);
  const good = statuses.every((status, at) => (at < complete ? status === 204 : status >= 400));
  if (!good || final.length < complete || final.length > complete + 1)
    throw new Error(`ours: the answers ${statuses.join(", ")} to ${complete} whole requests of ${shown()}`);
  const refusal = final[complete];
  return { requests, said: refusal === undefined ? "" : `${refusal.status} ${refusal.body.toString("latin1").trim()}` };
}

async function answer(request: Http1Request, reading: { body: string; complete: boolean }): Promise<void> {
  try {
    const body = await request.body(0);
    reading.body = Buffer.from(body).toString("latin1");
    reading.complete = true;
    request.respond(204, [], undefined);
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    request.respond(400, [], undefined);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

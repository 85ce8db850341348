import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { MemorySocket } from "./memory-socket.ts";
import type { ConnectionReading, Conversation, ReadAll, RequestReading } from "./reading.ts";

type Growing = { requests: (RequestReading & { complete: boolean; body: string })[]; said: string };

/** node:http, strict as it comes: llhttp. */
export function createNodeReader(): ReadAll {
  const readings = new WeakMap<object, Growing>();
  // Without a Host it would answer by itself and go on; here that is a reading, too.
  const server = createServer({ maxHeaderSize: 1 << 20, requireHostHeader: false });
  // More than that are left out without a word, else.
  server.maxHeadersCount = 0;
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const { method = "", url = "", httpVersion, rawHeaders, socket } = request;
    const fields: [string, string][] = [];
    for (let at = 0; at < rawHeaders.length; at += 2) fields.push([rawHeaders[at]!, rawHeaders[at + 1]!]);
    const reading = { method, target: url, version: httpVersion, fields, body: "", complete: false };
    readings.get(socket)!.requests.push(reading);
    // As the parser says it: the stream says it later, and nothing when the next request is broken.
    const { push } = request;
    request.push = (chunk: Buffer | null) => {
      if (chunk === null) reading.complete = true;
      else reading.body += chunk.toString("latin1");
      return push.call(request, chunk);
    };
    request.on("end", () => response.writeHead(204).end()).resume();
    request.on("error", () => {});
  };
  server.on("request", handle).on("checkContinue", handle).on("checkExpectation", handle);
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    readings.get(socket)!.said ||= error.code ?? error.message;
    socket.destroy();
  });

  const readOne = async (conversation: Conversation): Promise<ConnectionReading> => {
    const socket = new MemorySocket();
    const reading: Growing = { requests: [], said: "" };
    readings.set(socket, reading);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    server.emit("connection", socket);
    socket.deliver(conversation);
    // Its end breaks off what is still being answered.
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
    socket.deliverEnd();
    await closed;
    return reading;
  };
  return (conversations) => Promise.all(conversations.map(readOne));
}

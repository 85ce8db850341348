import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";

import { ErrorCode, type Http2Stream, type StreamReceiver } from "../../src/http2/index.ts";
import { connectPair, Echo, echo, Gathering, NOTHING, requestHeaders, responseHeaders, trailers } from "./fixture.ts";

describe("a request and its response", () => {
  it("carries headers, data and trailers both ways", async () => {
    const { client, server } = await connectPair(echo);
    const receiver = new Gathering();
    const stream = client.request(requestHeaders, false, receiver)!;
    stream.sendData(true, Buffer.from("hello "), Buffer.from("there"));
    expect(await receiver.ended).toBeUndefined();
    expect(receiver.lists.map((list) => list.fields)).toEqual([[[":status", "200"]], [["grpc-status", "0"]]]);
    expect(receiver.body.toString()).toBe("hello there");
    expect(client.activeStreams).toBe(0);
    expect(server.activeStreams).toBe(0);
  });

  it("carries what is much larger than every window", async () => {
    const { client } = await connectPair(echo);
    const body = randomBytes(5_000_000);
    const receivers = [0, 1, 2].map(() => {
      const receiver = new Gathering();
      const stream = client.request(requestHeaders, false, receiver)!;
      stream.sendData(true, body);
      return receiver;
    });
    for (const receiver of receivers) {
      expect(await receiver.ended).toBeUndefined();
      expect(receiver.body.equals(body)).toBe(true);
    }
  });

  it("tells both sides of a reset", async () => {
    const atServer = new Gathering();
    const { client } = await connectPair(() => atServer);
    const receiver = new Gathering();
    const stream = client.request(requestHeaders, false, receiver)!;
    stream.reset(ErrorCode.CANCEL);
    expect(await receiver.ended).toMatchObject({ code: ErrorCode.CANCEL, source: "local" });
    expect(await atServer.ended).toMatchObject({ code: ErrorCode.CANCEL, source: "peer" });
  });

  it("ends with its headers, where there is no more", async () => {
    const { client } = await connectPair((stream) => {
      stream.sendHeaders([[":status", "404"]], true);
      return new Gathering();
    });
    const receiver = new Gathering();
    client.request(requestHeaders, true, receiver);
    expect(await receiver.ended).toBeUndefined();
    expect(receiver.endStream).toBe(true);
    expect(receiver.lists[0]!.get(":status")).toBe("404");
  });

  it("may have informational responses before its own", async () => {
    const { client } = await connectPair((stream) => {
      stream.sendHeaders([[":status", "103"]], false);
      stream.sendHeaders([[":status", "103"]], false);
      stream.respond(responseHeaders, NOTHING, Buffer.from("x"), trailers);
      return new Gathering();
    });
    const receiver = new Gathering();
    client.request(requestHeaders, true, receiver);
    expect(await receiver.ended).toBeUndefined();
    expect(receiver.lists.map((list) => list.get(":status"))).toEqual(["103", "103", "200", undefined]);
  });

  it("is over for the client when the server has answered without waiting for the request's end", async () => {
    const atServer = new Gathering();
    const { client, server } = await connectPair((stream) => {
      stream.respond(responseHeaders, NOTHING, Buffer.from("enough"), trailers);
      return atServer;
    });
    const receiver = new Gathering();
    const stream = client.request(requestHeaders, false, receiver)!;
    stream.sendData(false, Buffer.from("and"));
    expect(await receiver.ended).toBeUndefined();
    expect(await atServer.ended).toBeUndefined();
    expect(receiver.body.toString()).toBe("enough");
    expect(stream.sendData(false, Buffer.from("more"))).toBe(true);
    expect([client.activeStreams, server.activeStreams]).toEqual([0, 0]);
  });

  it("gives equal headers as one list, so that what was made of them stays", async () => {
    const lists = new Set<unknown>();
    const { client } = await connectPair((stream, headers, endStream) => {
      lists.add(headers);
      return echo(stream, headers, endStream);
    });
    for (let index = 0; index < 20; index++) {
      const receiver = new Gathering();
      client.request(requestHeaders, true, receiver);
      await receiver.ended;
    }
    expect(lists.size).toBeLessThan(6);
  });

  it("carries headers longer than a frame", async () => {
    const value = "v".repeat(20_000);
    const { client } = await connectPair((stream, headers) => {
      stream.sendHeaders(
        [
          [":status", "200"],
          ["x-back", headers.get("x-long")!],
        ],
        true,
      );
      return new Gathering();
    });
    const receiver = new Gathering();
    client.request([...requestHeaders.fields, ["x-long", value], ["x-longer", value + value]], true, receiver);
    expect(await receiver.ended).toBeUndefined();
    expect(receiver.lists[0]!.get("x-back")).toBe(value);
  });

  it("keeps a field that may not be sent to itself: a request throws, a response is reset", async () => {
    const atServer = new Gathering();
    const { client } = await connectPair((stream) => {
      stream.sendHeaders(
        [
          [":status", "200"],
          ["x-bad", "a\nb"],
        ],
        true,
      );
      return atServer;
    });
    expect(() => client.request([...requestHeaders.fields, ["x-bad", "a\nb"]], true, new Gathering())).toThrow(
      TypeError,
    );
    const receiver = new Gathering();
    client.request(requestHeaders, true, receiver);
    expect(await receiver.ended).toMatchObject({ code: ErrorCode.INTERNAL_ERROR, source: "peer" });
    expect(await atServer.ended).toMatchObject({ source: "local", cause: expect.any(TypeError) });
  });

  it("is reset when what receives it throws, and the connection goes on", async () => {
    const boom = new Error("boom");
    let calls = 0;
    class Throwing extends Echo {
      override data(_stream: Http2Stream): void {
        throw boom;
      }
    }
    const { client } = await connectPair((stream, headers, endStream): StreamReceiver => {
      calls++;
      if (calls === 1) throw boom;
      return calls === 2 ? new Throwing() : echo(stream, headers, endStream);
    });
    for (const _ of [1, 2]) {
      const receiver = new Gathering();
      client.request(requestHeaders, false, receiver)!.sendData(true, Buffer.from("x"));
      expect(await receiver.ended).toMatchObject({ code: ErrorCode.INTERNAL_ERROR, source: "peer" });
    }
    const receiver = new Gathering();
    client.request(requestHeaders, true, receiver);
    expect(await receiver.ended).toBeUndefined();
  });
});

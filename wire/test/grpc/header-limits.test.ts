import { connect as connectHttp2 } from "node:http2";
import { connect as connectSocket } from "node:net";
import { expect, onTestFinished, test } from "vitest";

import { RpcCode, RpcError } from "@trilby/wire/grpc";
import { grpcHeaders, nodePeer } from "./node-server.ts";
import { framed, raw, serve, text } from "./server-fixture.ts";

// SETTINGS_MAX_HEADER_LIST_SIZE of the peer: RFC 9113, section 6.5.2.

test("a call with more headers than its peer takes ends alone", async () => {
  const { channel } = await nodePeer(
    (stream) => {
      stream.respond(grpcHeaders, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(framed(text("a")));
    },
    { server: { settings: { maxHeaderListSize: 1000 } } },
  );
  const small = channel.unary("/test.Echo/Unary", text("a"), { metadata: [["name", "x"]] });
  const large = channel.unary("/test.Echo/Unary", text("a"), { metadata: [["name", "x".repeat(1000)]] });
  await expect(large).rejects.toMatchObject({ code: RpcCode.RESOURCE_EXHAUSTED });
  await expect(large).rejects.toThrow(/bytes of headers, of which the peer takes 1000/);
  expect(String(await small)).toBe("a");
  expect(String(await channel.unary("/test.Echo/Unary", text("a")))).toBe("a");
});

test("a caller that takes few headers gets the status all the same", async () => {
  const { path } = await serve((server) => {
    server.unary("/test.Echo/Unary", (request) => {
      if (request.length === 0) return request;
      throw new RpcError(RpcCode.ABORTED, "m".repeat(1000), { trailers: [["more", "x".repeat(500)]] });
    });
    server.stream("/test.Echo/Stream", async (stream) => {
      await stream.send(text("a"));
      throw new RpcError(RpcCode.DATA_LOSS, "m".repeat(1000));
    });
    server.unary("/test.Echo/Wordy", (request, call) => {
      call.setTrailers([["more", "x".repeat(500)]]);
      return request;
    });
  });
  const session = connectHttp2("http://localhost", {
    createConnection: () => connectSocket({ path }),
    settings: { maxHeaderListSize: 400 },
  });
  session.on("error", () => undefined);
  onTestFinished(() => session.destroy());
  const failed = await raw(session, {}, (stream) => stream.end(framed(text("a"))));
  expect(failed.headers).toMatchObject({
    "grpc-status": "10",
    "grpc-message": "the rest is more than the caller takes",
  });
  const streamed = await raw(session, { ":path": "/test.Echo/Stream" }, (stream) => stream.end());
  expect(streamed.trailers).toMatchObject({ "grpc-status": "15" });
  const wordy = await raw(session, { ":path": "/test.Echo/Wordy" }, (stream) => stream.end(framed(text(""))));
  expect(wordy.resetCode).toBe(2);
  const fine = await raw(session, {}, (stream) => stream.end(framed(text(""))));
  expect(fine.trailers["grpc-status"]).toBe("0");
});

import { deepEqual, equal, ok } from "node:assert/strict";
import { RpcCode, RpcError, type Channel, type RpcMetadata } from "@trilby/wire/grpc";
import {
  SimpleRequest,
  SimpleResponse,
  StreamingInputCallRequest,
  StreamingInputCallResponse,
  StreamingOutputCallRequest,
  StreamingOutputCallResponse,
} from "./messages.ts";

/** The cases of gRPC's "Interoperability Test Case Descriptions" that need no cloud, by their names there, at a client's end. */
export const cases: Readonly<Record<string, (channel: Channel) => Promise<void>>> = {
  async empty_unary(channel) {
    equal((await channel.unary(method("EmptyCall"), new Uint8Array(), inTime)).byteLength, 0);
  },

  async large_unary(channel) {
    equal(await largeCall(channel), 314_159);
  },

  async server_compressed_unary(channel) {
    for (const value of [true, false]) {
      const request = SimpleRequest.encode({ responseSize: 314_159, responseCompressed: { value } });
      const response = SimpleResponse.decode(await channel.unary(method("UnaryCall"), request, inTime));
      equal(response.payload!.body.byteLength, 314_159);
    }
  },

  async client_streaming(channel) {
    const stream = channel.stream(method("StreamingInputCall"), inTime);
    for (const size of [27_182, 8, 1828, 45_904]) {
      await stream.send(StreamingInputCallRequest.encode({ payload: { body: new Uint8Array(size) } }));
    }
    stream.end();
    const answers: number[] = [];
    for await (const message of stream.messages) {
      answers.push(StreamingInputCallResponse.decode(message).aggregatedPayloadSize);
    }
    deepEqual(answers, [74_922]);
  },

  async server_streaming(channel) {
    const sizes = [31_415, 9, 2653, 58_979];
    const stream = channel.stream(method("StreamingOutputCall"), inTime);
    await stream.send(StreamingOutputCallRequest.encode({ responseParameters: sizes.map((size) => ({ size })) }));
    stream.end();
    const answers: number[] = [];
    for await (const message of stream.messages) answers.push(sizeOf(message));
    deepEqual(answers, sizes);
  },

  async ping_pong(channel) {
    const stream = channel.stream(method("FullDuplexCall"), inTime);
    const messages = stream.messages[Symbol.asyncIterator]();
    const requests = [27_182, 8, 1828, 45_904];
    for (const [index, size] of [31_415, 9, 2653, 58_979].entries()) {
      await stream.send(exchange(requests[index]!, size));
      const { value, done } = await messages.next();
      equal(done ? "the end" : sizeOf(value), size);
    }
    stream.end();
    equal((await messages.next()).done, true);
  },

  async empty_stream(channel) {
    const stream = channel.stream(method("FullDuplexCall"), inTime);
    stream.end();
    equal((await stream.messages[Symbol.asyncIterator]().next()).done, true);
  },

  async timeout_on_sleeping_server(channel) {
    const stream = channel.stream(method("FullDuplexCall"), { timeoutMs: 1 });
    stream.send(exchange(27_182, 1)).catch(() => undefined);
    await fails(drain(stream.messages), RpcCode.DEADLINE_EXCEEDED);
  },

  async cancel_after_begin(channel) {
    const stream = channel.stream(method("StreamingInputCall"), inTime);
    stream.cancel();
    await fails(drain(stream.messages), RpcCode.CANCELLED);
  },

  async cancel_after_first_response(channel) {
    const stream = channel.stream(method("FullDuplexCall"), inTime);
    const messages = stream.messages[Symbol.asyncIterator]();
    await stream.send(exchange(27_182, 31_415));
    equal((await messages.next()).done, false);
    stream.cancel();
    await fails(messages.next(), RpcCode.CANCELLED);
  },

  async status_code_and_message(channel) {
    await echoesStatus(channel, "test status message");
  },

  async special_status_message(channel) {
    await echoesStatus(channel, "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \u{1f608}\t\n");
  },

  async custom_metadata(channel) {
    const trailing = Uint8Array.of(0xab, 0xab, 0xab);
    const metadata: RpcMetadata = [
      ["x-grpc-test-echo-initial", "test_initial_metadata_value"],
      ["x-grpc-test-echo-trailing-bin", trailing],
    ];
    let headers: RpcMetadata = [];
    let trailers: RpcMetadata = [];
    const options = {
      ...inTime,
      metadata,
      onHeaders: (received: RpcMetadata) => (headers = received),
      onTrailers: (received: RpcMetadata) => (trailers = received),
    };
    const check = (): void => {
      equal(headers.find(([name]) => name === metadata[0]![0])?.[1], metadata[0]![1]);
      const value = trailers.find(([name]) => name === metadata[1]![0])?.[1];
      ok(value instanceof Uint8Array && Buffer.compare(value, trailing) === 0, "the trailer did not come back");
    };
    await channel.unary(method("UnaryCall"), SimpleRequest.encode({ responseSize: 1 }), options);
    check();
    headers = trailers = [];
    const stream = channel.stream(method("FullDuplexCall"), options);
    await stream.send(exchange(1, 1));
    stream.end();
    await drain(stream.messages);
    check();
  },

  async unimplemented_method(channel) {
    await fails(channel.unary(method("UnimplementedCall"), new Uint8Array(), inTime), RpcCode.UNIMPLEMENTED);
  },

  async unimplemented_service(channel) {
    const path = "/grpc.testing.UnimplementedService/UnimplementedCall";
    await fails(channel.unary(path, new Uint8Array(), inTime), RpcCode.UNIMPLEMENTED);
  },

  async rpc_soak(channel) {
    for (let round = 0; round < 50; round++) equal(await largeCall(channel), 314_159);
  },

  async concurrent_large_unary(channel) {
    const sizes = await Promise.all(Array.from({ length: 100 }, () => largeCall(channel)));
    deepEqual([...new Set(sizes)], [314_159]);
  },
};

const inTime = { timeoutMs: 20_000 };

function method(name: string): string {
  return `/grpc.testing.TestService/${name}`;
}

async function largeCall(channel: Channel): Promise<number> {
  const request = SimpleRequest.encode({ responseSize: 314_159, payload: { body: new Uint8Array(271_828) } });
  const response = SimpleResponse.decode(await channel.unary(method("UnaryCall"), request, inTime));
  return response.payload!.body.byteLength;
}

function exchange(requestSize: number, size: number): Uint8Array {
  return StreamingOutputCallRequest.encode({
    responseParameters: [{ size }],
    payload: { body: new Uint8Array(requestSize) },
  });
}

function sizeOf(message: Uint8Array): number {
  return StreamingOutputCallResponse.decode(message).payload?.body.byteLength ?? -1;
}

async function echoesStatus(channel: Channel, message: string): Promise<void> {
  const responseStatus = { code: RpcCode.UNKNOWN, message };
  const unary = channel.unary(method("UnaryCall"), SimpleRequest.encode({ responseStatus }), inTime);
  equal((await fails(unary, RpcCode.UNKNOWN)).message, message);
  const stream = channel.stream(method("FullDuplexCall"), inTime);
  await stream.send(StreamingOutputCallRequest.encode({ responseStatus }));
  stream.end();
  equal((await fails(drain(stream.messages), RpcCode.UNKNOWN)).message, message);
}

async function drain(messages: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of messages);
}

async function fails(call: Promise<unknown>, code: number): Promise<RpcError> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    equal(error.code, code, `${error.code}: ${error.message}`);
    return error;
  }
  throw new Error(`the call succeeded where code ${code} was expected`);
}

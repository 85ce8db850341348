import { once } from "node:events";
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from "node:http2";

/** A gRPC client over bytes, that can also send what no client library would. */
export interface GrpcClient {
  readonly session: ClientHttp2Session;
  /** Resolves to how the call ended; `sent` is what follows the headers, frames and all. */
  call(method: string, sent: Uint8Array, headers?: OutgoingHttpHeaders): Promise<GrpcAnswer>;
  close(): void;
}

export interface GrpcAnswer {
  readonly httpStatus: number | undefined;
  /** grpc-status, or why there is none. */
  readonly status: string;
  readonly message: string;
  readonly data: Buffer;
}

export async function openGrpcClient(port: number): Promise<GrpcClient> {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => {});
  await once(session, "connect");
  return {
    session,
    close: () => session.destroy(),
    call(method, sent, headers = {}) {
      const stream = session.request({
        ":method": "POST",
        ":path": `/dapr.proto.runtime.v1.Dapr/${method}`,
        "content-type": "application/grpc",
        te: "trailers",
        ...headers,
      });
      const parts: Buffer[] = [];
      let last: Readonly<Record<string, unknown>> = {};
      let failure = "the stream was closed";
      stream.on("response", (head) => (last = head));
      stream.on("trailers", (trailers) => (last = { ":status": last[":status"], ...trailers }));
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("error", (error) => (failure = error.message));
      stream.end(sent);
      return new Promise((resolve) => {
        stream.on("close", () =>
          resolve({
            httpStatus: last[":status"] as number | undefined,
            status: (last["grpc-status"] as string | undefined) ?? failure,
            message: decodeURIComponent((last["grpc-message"] as string | undefined) ?? ""),
            data: Buffer.concat(parts),
          }),
        );
      });
    },
  };
}

/** One message with gRPC's five bytes in front. */
export function frame(message: Uint8Array, flag = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** A field of a message that holds text, bytes or another message. */
export function field(number: number, value: string | Uint8Array): Buffer {
  const bytes = typeof value === "string" ? Buffer.from(value) : value;
  const length: number[] = [];
  for (let rest = bytes.length; ; rest >>>= 7) {
    if (rest < 0x80) {
      length.push(rest);
      break;
    }
    length.push((rest & 0x7f) | 0x80);
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes]);
}

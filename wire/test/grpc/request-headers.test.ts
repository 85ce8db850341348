import { expect, test } from "vitest";
import { PreparedHeaders } from "../../src/http2/header-list.ts";
import { RequestHeaders } from "../../src/grpc/client/request-headers.ts";
import type { RpcMetadata } from "../../src/grpc/status.ts";

const headers = (): RequestHeaders => new RequestHeaders("http", "localhost", true);

test("what comes again is the same object again", () => {
  const made = headers();
  const metadata: RpcMetadata = [["instance", "store"]];
  const plain = made.of("/a", undefined, undefined);
  expect(plain).toBeInstanceOf(PreparedHeaders);
  expect(made.of("/a", undefined, undefined)).toBe(plain);
  made.of("/a", metadata, undefined);
  const withMetadata = made.of("/a", metadata, undefined);
  expect(withMetadata).toBeInstanceOf(PreparedHeaders);
  expect(made.of("/a", metadata, undefined)).toBe(withMetadata);
  made.of("/a", metadata, 1000);
  const timed = made.of("/a", metadata, 1000);
  expect(timed).toBeInstanceOf(PreparedHeaders);
  expect(made.of("/a", metadata, 1000)).toBe(timed);
  expect(made.of("/a", undefined, undefined)).toBe(plain);
});

test("metadata and timeouts that come once are not kept", () => {
  const made = headers();
  for (let index = 1; index < 5000; index++) {
    expect(made.of("/a", [["trace", String(index)]], undefined)).not.toBeInstanceOf(PreparedHeaders);
    expect(made.of("/a", undefined, index)).not.toBeInstanceOf(PreparedHeaders);
  }
});

test("paths without end are not kept without end", () => {
  const made = headers();
  let prepared = 0;
  for (let index = 0; index < 5000; index++) {
    if (made.of(`/${index}`, undefined, undefined) instanceof PreparedHeaders) prepared++;
  }
  expect(prepared).toBeLessThanOrEqual(1000);
});

test("metadata that cannot be carried is refused each time", () => {
  const made = headers();
  const metadata: RpcMetadata = [["ü", "x"]];
  for (let index = 0; index < 3; index++) expect(() => made.of("/a", metadata, undefined)).toThrow("no name");
});

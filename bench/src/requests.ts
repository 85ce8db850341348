import { SaveStateRequest, DaprDefinition, GetStateRequest, PublishEventRequest } from "@trilby/proto/runtime";

/** The keys that loads go round: few where the values are large. */
export function keysFor(valueBytes: number): readonly string[] {
  return Array.from({ length: valueBytes > 16_384 ? 4 : 100 }, (_, index) => `order-${index + 100}`);
}

/** A JSON object of so many bytes. */
export function jsonOf(bytes: number): Uint8Array {
  const start = '{"order":"A-1007","customer":{"id":4711,"name":"Zoe"},"note":"';
  const end = '"}';
  return Buffer.from(start + "x".repeat(bytes - start.length - end.length) + end);
}

export function httpRequest(method: "GET" | "POST", path: string, body?: Uint8Array): Uint8Array {
  const head = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n`;
  if (body === undefined) return Buffer.from(`${head}\r\n`);
  return Buffer.concat([
    Buffer.from(`${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`),
    body,
  ]);
}

export function httpGets(store: string, valueBytes: number): readonly Uint8Array[] {
  return keysFor(valueBytes).map((key) => httpRequest("GET", `/v1.0/state/${store}/${key}`));
}

export function httpSaves(store: string, value: Uint8Array): readonly Uint8Array[] {
  return keysFor(value.length).map((key) =>
    httpRequest(
      "POST",
      `/v1.0/state/${store}`,
      Buffer.concat([Buffer.from(`[{"key":"${key}","value":`), value, Buffer.from("}]")]),
    ),
  );
}

export function grpcGets(storeName: string, valueBytes: number): readonly Uint8Array[] {
  return keysFor(valueBytes).map((key) => GetStateRequest.encode(GetStateRequest.create({ storeName, key })).finish());
}

export function grpcSaves(storeName: string, value: Uint8Array): readonly Uint8Array[] {
  return keysFor(value.length).map((key) =>
    SaveStateRequest.encode(SaveStateRequest.create({ storeName, states: [{ key, value }] })).finish(),
  );
}

export function grpcPublish(pubsubName: string, topic: string, data: Uint8Array): Uint8Array {
  return PublishEventRequest.encode(
    PublishEventRequest.create({ pubsubName, topic, data, dataContentType: "application/json" }),
  ).finish();
}

export function grpcPath(method: keyof typeof DaprDefinition.methods): string {
  return `/${DaprDefinition.fullName}/${DaprDefinition.methods[method].name}`;
}

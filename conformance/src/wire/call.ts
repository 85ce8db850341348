import assert from "node:assert/strict";
import type { MethodDefinition, ServiceDefinition } from "@trilby/proto";
import { RpcError, type RpcMetadata } from "@trilby/kit/transport";
import type { Wire } from "../core/world.ts";

/** Metadata name of the component instance that a call is meant for. */
export const instanceHeader = "x-component-instance";

/** `undefined` leaves the header out. */
export function headers(instance: string | undefined): RpcMetadata {
  return instance === undefined ? [] : [[instanceHeader, instance]];
}

/** A unary call as Dapr's runtime makes it, without anything that a client library adds. */
export async function call<Request, Response>(
  { channel }: Wire,
  service: ServiceDefinition,
  method: MethodDefinition<Request, Response>,
  request: Request,
  instance: string | undefined,
): Promise<Response> {
  const bytes = method.requestType.encode(request).finish();
  const path = `/${service.fullName}/${method.name}`;
  return method.responseType.decode(
    await channel.unary(path, bytes, { metadata: headers(instance), timeoutMs: 15_000 }),
  );
}

/** The gRPC error that a call must end with; `codes` by number, any when none is given. */
export async function statusOf(answer: Promise<unknown>, ...codes: number[]): Promise<RpcError> {
  let error: unknown;
  try {
    await answer;
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(
    error instanceof RpcError,
    error === undefined ? "the call succeeded, but must be refused" : `not a gRPC status: ${(error as Error).message}`,
  );
  if (codes.length > 0)
    assert.ok(codes.includes(error.code), `status ${error.code} (${error.message}), but must be ${codes.join(" or ")}`);
  return error;
}

/** The gRPC code of a call that may end either way; 0 for OK. */
export async function codeOf(answer: Promise<unknown>): Promise<number> {
  try {
    await answer;
    return 0;
  } catch (error) {
    assert.ok(error instanceof RpcError, `not a gRPC status: ${String(error)}`);
    return error.code;
  }
}

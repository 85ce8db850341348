import { type Channel, type ClientStream, RpcCode } from "@trilby/kit/transport";

/** What a component process says of itself, and whether it is still there. */
export interface Reflection {
  /** Full names, for example `dapr.proto.components.v1.StateStore`. */
  readonly services: readonly string[];
  /** Resolves when the connection or the process behind it is gone, and when `end` was called. Never rejects. */
  readonly lost: Promise<void>;
  end(): void;
}

/**
 * Asks a component for its services and keeps the stream open: every pluggable component serves reflection, and an idle
 * stream ends the moment the process dies, in whatever language it is written. Rejects with the signal's reason when that
 * is aborted before the answer.
 */
export async function reflect(channel: Channel, signal: AbortSignal): Promise<Reflection> {
  try {
    // What daprd asks for.
    return await reflectBy("v1alpha", channel, signal);
  } catch (error) {
    signal.throwIfAborted();
    if ((error as { code?: unknown }).code !== RpcCode.UNIMPLEMENTED) throw error;
    return reflectBy("v1", channel, signal);
  }
}

async function reflectBy(version: "v1alpha" | "v1", channel: Channel, signal: AbortSignal): Promise<Reflection> {
  const { [version]: messages } = await import("@trilby/proto/reflection");
  const { ServerReflectionRequest, ServerReflectionResponse } = messages;
  const stream = channel.stream(`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`, {
    waitForReady: true,
  });
  const giveUp = (): void => stream.cancel();
  signal.addEventListener("abort", giveUp);
  try {
    const request = ServerReflectionRequest.fromPartial({ messageRequest: { $case: "listServices", value: "*" } });
    await stream.send(ServerReflectionRequest.encode(request).finish());
    const answers = stream.messages[Symbol.asyncIterator]();
    const first = await answers.next();
    if (first.done === true) throw new Error("it ended the reflection stream without an answer");
    const { messageResponse } = ServerReflectionResponse.decode(first.value);
    if (messageResponse?.$case !== "listServicesResponse") throw new Error("it did not answer which services it has");
    const services = messageResponse.value.service.map(({ name }) => name);
    return { services, lost: untilEnd(answers), end: () => endQuietly(stream) };
  } catch (error) {
    stream.cancel();
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

async function untilEnd(answers: AsyncIterator<Uint8Array>): Promise<void> {
  try {
    while ((await answers.next()).done !== true);
  } catch {
    // However it ended, it is over.
  }
}

function endQuietly(stream: ClientStream): void {
  stream.end();
  stream.cancel();
}

import { v1, v1alpha } from "@trilby/proto/reflection";
import { encodeMessage } from "@trilby/proto/encode";
import { ComponentError } from "../errors/component-error.ts";
import { methodPath } from "../protocol/names.ts";
import type { Channel } from "../transport/index.ts";
import { RpcCode, RpcError } from "../transport/rpc-error.ts";
import { asComponentError } from "./caller.ts";

/** Full names of the services behind the channel, by server reflection: v1alpha as Dapr does, else v1. */
export async function listServices(channel: Channel, timeoutMs: number): Promise<string[]> {
  const deadline = Date.now() + timeoutMs;
  try {
    await channel.ready(timeoutMs);
    try {
      return await ask(channel, methodPath(v1alpha.ServerReflectionDefinition, method), deadline - Date.now());
    } catch (error) {
      if (!(error instanceof RpcError) || error.code !== RpcCode.UNIMPLEMENTED) throw error;
      return await ask(channel, methodPath(v1.ServerReflectionDefinition, method), deadline - Date.now());
    }
  } catch (error) {
    throw asComponentError(error);
  }
}

const method = v1.ServerReflectionDefinition.methods.serverReflectionInfo;
const request: v1.ServerReflectionRequest = { host: "", messageRequest: { $case: "listServices", value: "*" } };

async function ask(channel: Channel, path: string, timeoutMs: number): Promise<string[]> {
  const stream = channel.stream(path, { timeoutMs });
  await stream.send(encodeMessage(v1.ServerReflectionRequest, request));
  for await (const bytes of stream.messages) {
    const { messageResponse } = v1.ServerReflectionResponse.decode(bytes);
    stream.end();
    if (messageResponse?.$case === "listServicesResponse") return messageResponse.value.service.map(({ name }) => name);
    if (messageResponse?.$case === "errorResponse")
      throw new RpcError(messageResponse.value.errorCode, messageResponse.value.errorMessage);
    break;
  }
  throw new ComponentError("internal", "the peer's reflection service did not answer with its services");
}

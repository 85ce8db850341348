import type { Concurrency, Consistency } from "@trilby/kit";
import { RpcCode, RpcError } from "@trilby/kit/transport";
import { encodeMessage } from "@trilby/proto/encode";
import {
  BindingEventRequest,
  BindingEventResponse,
  BindingEventResponse_BindingEventConcurrency as Order,
  ListInputBindingsResponse,
} from "@trilby/proto/runtime";

import type { GrpcAppChannel } from "../../app/channel.ts";
import { noTraceparent } from "../../observability/trace-context.ts";
import type { AppAnswer } from "./app-answer.ts";
import type { BindingPostman } from "./postman.ts";

/** Events by AppCallback.OnBindingEvent; ListInputBindings tells which are wanted. */
export function createGrpcBindingPostman(
  channel: GrpcAppChannel,
  name: string,
  probeTimeoutMs: number,
): BindingPostman {
  const list = channel.method("/dapr.proto.runtime.v1.AppCallback/ListInputBindings");
  const method = channel.method("/dapr.proto.runtime.v1.AppCallback/OnBindingEvent");
  return {
    async isWanted(signal) {
      try {
        const answer = await list.call(empty, { signal, timeoutMs: probeTimeoutMs });
        return ListInputBindingsResponse.decode(answer).bindings.includes(name);
      } catch (error) {
        if (error instanceof RpcError && error.code === RpcCode.UNIMPLEMENTED) return false;
        throw new Error(`could not list the app's input bindings: ${(error as Error).message}`, { cause: error });
      }
    },
    async deliver({ data, metadata }, signal) {
      const request = encodeMessage(BindingEventRequest, { name, data, metadata: { ...metadata } });
      const traceparent = metadata["traceparent"] ?? noTraceparent;
      try {
        const response = BindingEventResponse.decode(await method.call(request, { traceparent, signal }));
        return { body: response.data, answer: answerOf(response) };
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        throw new Error(`error invoking app: ${error.message}`, { cause: error });
      }
    },
  };
}

function answerOf(response: BindingEventResponse): AppAnswer | undefined {
  const { storeName, to, data } = response;
  if (to.length === 0 && (response.states.length === 0 || storeName === "")) return undefined;
  return {
    storeName,
    states: response.states.map(({ key, value, etag, metadata, options }) => ({
      key,
      value,
      etag: etag?.value || undefined,
      metadata,
      options: {
        concurrency: concurrencies[options?.concurrency ?? 0] ?? "",
        consistency: consistencies[options?.consistency ?? 0] ?? "",
      },
    })),
    to,
    data,
    parallel: response.concurrency === Order.PARALLEL,
  };
}

const concurrencies: readonly Concurrency[] = ["", "first-write", "last-write"];
const consistencies: readonly Consistency[] = ["", "eventual", "strong"];
const empty = new Uint8Array(0);

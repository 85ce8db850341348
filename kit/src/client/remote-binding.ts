import { InputBindingDefinition, OutputBindingDefinition, ReadRequest, ReadResponse } from "@trilby/proto/components";
import { encodeMessage } from "@trilby/proto/encode";
import type { Binding, DeliverEvent, Reader } from "../contract/binding.ts";
import { ComponentError } from "../errors/component-error.ts";
import { methodPath } from "../protocol/names.ts";
import type { Channel } from "../transport/index.ts";
import { Caller, remoteMethod } from "./caller.ts";
import { deliveryLimits } from "./delivery-limits.ts";
import type { DeliveryOptions, OnClosed } from "./delivery-limits.ts";
import { DeliveryPump } from "./delivery-pump.ts";
import type { Remote } from "./remote.ts";

export interface RemoteBinding extends Binding {
  /** As in the contract; `onClosed` as for subscriptions. */
  read?(deliver: DeliverEvent, onClosed?: OnClosed): Promise<Reader>;
}

/** The halves that are wanted must be among those that the peer serves. Events are handled side by side. */
export function remoteBinding(
  channel: Channel,
  name: string,
  directions: readonly ("input" | "output")[],
  options: DeliveryOptions = {},
): Remote<"bindings", RemoteBinding> {
  const caller = new Caller(channel, name);
  return {
    async init(properties, initOptions) {
      const metadata = { properties: { ...properties } };
      const pumps = new Set<DeliveryPump>();
      const pingMethod = directions.includes("output") ? outputPingMethod : inputPingMethod;
      const instance: { -readonly [K in keyof RemoteBinding]: RemoteBinding[K] } = {
        ping: async (call) => void (await caller.call(pingMethod, {}, call)),
        async close() {
          for (const pump of pumps) pump.cancel();
          pumps.clear();
        },
      };
      if (directions.includes("input")) {
        await caller.init(inputInitMethod, { metadata }, initOptions);
        instance.read = (deliver, onClosed) => read(caller, pumps, options, deliver, onClosed);
      }
      if (directions.includes("output")) {
        await caller.init(outputInitMethod, { metadata }, initOptions);
        const { operations } = await caller.call(listOperationsMethod, {}, initOptions);
        instance.operations = operations;
        instance.invoke = async ({ operation, data, metadata: sent }, call) => {
          const result = await caller.call(invokeMethod, { operation, data, metadata: sent }, call);
          return { data: result.data, metadata: result.metadata, contentType: result.contentType || undefined };
        };
      }
      return { features: [], instance };
    },
  };
}

const inputInitMethod = remoteMethod(InputBindingDefinition, InputBindingDefinition.methods.init);
const inputPingMethod = remoteMethod(InputBindingDefinition, InputBindingDefinition.methods.ping);
const readPath = methodPath(InputBindingDefinition, InputBindingDefinition.methods.read);
const outputInitMethod = remoteMethod(OutputBindingDefinition, OutputBindingDefinition.methods.init);
const outputPingMethod = remoteMethod(OutputBindingDefinition, OutputBindingDefinition.methods.ping);
const listOperationsMethod = remoteMethod(OutputBindingDefinition, OutputBindingDefinition.methods.listOperations);
const invokeMethod = remoteMethod(OutputBindingDefinition, OutputBindingDefinition.methods.invoke);

async function read(
  caller: Caller,
  pumps: Set<DeliveryPump>,
  options: DeliveryOptions,
  deliver: DeliverEvent,
  onClosed: OnClosed | undefined,
): Promise<Reader> {
  const pump = new DeliveryPump({
    ...deliveryLimits(caller.peerIsKit, options, Infinity),
    waitForHeaders: caller.peerIsKit,
    open: (accepted) => caller.open(readPath, accepted),
    handle: (bytes) => handleEvent(bytes, deliver),
    // Others are used to Dapr's runtime, which leaves no event without an answer.
    late: caller.peerIsKit ? undefined : refuseEvent,
    onClosed(error) {
      pumps.delete(pump);
      onClosed?.(error);
    },
  });
  await pump.accepted();
  pumps.add(pump);
  const close = (): Promise<void> => {
    pumps.delete(pump);
    return pump.close();
  };
  return { close };
}

async function handleEvent(bytes: Uint8Array, deliver: DeliverEvent): Promise<Uint8Array | undefined> {
  const { data, metadata, contentType, messageId } = ReadResponse.decode(bytes);
  try {
    const responseData = await deliver({ data, metadata, contentType: contentType || undefined });
    return encodeMessage(ReadRequest, { messageId, responseData, responseError: undefined });
  } catch (error) {
    if (ComponentError.is(error) && error.code === "cancelled") return undefined;
    const message = error instanceof Error ? error.message : String(error);
    return encodeMessage(ReadRequest, { messageId, responseData: new Uint8Array(), responseError: { message } });
  }
}

function refuseEvent(bytes: Uint8Array): Uint8Array {
  const { messageId } = ReadResponse.decode(bytes);
  const responseError = { message: "input binding is closed" };
  return encodeMessage(ReadRequest, { messageId, responseData: new Uint8Array(), responseError });
}

import { InputBindingDefinition, OutputBindingDefinition, ReadRequest, ReadResponse } from "@trilby/proto/components";
import { encodeMessage } from "@trilby/proto/encode";
import type { BindingEvent } from "../contract/binding.ts";
import { ComponentError } from "../errors/component-error.ts";
import type { RpcServer, ServerCall, ServerStream } from "../transport/index.ts";
import { runDeliveryStream, subscribedHeaders } from "./delivery-stream.ts";
import type { DeliverySettings } from "./delivery-stream.ts";
import { initialise, ping } from "./instance-methods.ts";
import { PendingAcknowledgements } from "./pending-acknowledgements.ts";
import type { ServedComponent } from "./served-component.ts";
import type { ServedService } from "./served-service.ts";
import { decode, serveStream, serveUnary } from "./service.ts";

export function serveOutputBinding(server: RpcServer, component: ServedComponent<"bindings">): ServedService[] {
  const { type } = component.definition;
  serveUnary(server, OutputBindingDefinition, {
    init: initialise(component),
    ping: ping(component),
    listOperations: async (_, name) => ({ operations: [...(component.instance(name).operations ?? [])] }),
    invoke: async ({ operation, data, metadata }, name, call) => {
      const binding = component.instance(name);
      if (binding.invoke === undefined) throw new ComponentError("unimplemented", `${type} is not an output binding`);
      const result = await binding.invoke({ operation, data, metadata }, call);
      return { data: result?.data ?? empty, metadata: result?.metadata ?? {}, contentType: result?.contentType ?? "" };
    },
  });
  return [{ definition: OutputBindingDefinition, listed: () => true }];
}

export function serveInputBinding(
  server: RpcServer,
  component: ServedComponent<"bindings">,
  settings: DeliverySettings,
): ServedService[] {
  serveUnary(server, InputBindingDefinition, { init: initialise(component), ping: ping(component) });
  serveStream(server, InputBindingDefinition, InputBindingDefinition.methods.read, (stream, name, call) =>
    read(component, stream, name, call, settings),
  );
  return [{ definition: InputBindingDefinition, listed: () => true }];
}

const empty = new Uint8Array();

async function read(
  component: ServedComponent<"bindings">,
  stream: ServerStream,
  name: string,
  call: ServerCall,
  settings: DeliverySettings,
): Promise<void> {
  const { read: start } = component.instance(name);
  if (start === undefined)
    throw new ComponentError("unimplemented", `${component.definition.type} is not an input binding`);

  const subscribed = subscribedHeaders(call);
  const pending = new PendingAcknowledgements<Uint8Array>((bytes) => {
    subscribed();
    return stream.send(bytes);
  }, settings);
  const deliver = ({ data, metadata, contentType = "" }: BindingEvent): Promise<Uint8Array> =>
    pending.deliver((messageId) => encodeMessage(ReadResponse, { data, metadata, contentType, messageId }));
  await runDeliveryStream({
    component,
    name,
    stream,
    subscribed,
    pending,
    logger: settings.logger(name),
    open: () => start(deliver),
    answered(message) {
      const { messageId, responseData, responseError } = decode(
        ReadRequest,
        message,
        InputBindingDefinition.methods.read,
      );
      if (responseError === undefined) pending.resolve(messageId, responseData);
      else
        pending.reject(
          messageId,
          new ComponentError("internal", responseError.message || "the application refused the event"),
        );
    },
  });
}

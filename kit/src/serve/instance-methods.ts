import type { Kind } from "../contract/definition.ts";
import { ComponentError } from "../errors/component-error.ts";
import { kitHeader } from "../protocol/names.ts";
import type { ServerCall } from "../transport/index.ts";
import type { ServedComponent } from "./served-component.ts";

interface InitRequest {
  readonly metadata: { readonly properties: Readonly<Record<string, string>> } | undefined;
}

export function initialise<K extends Kind>(component: ServedComponent<K>) {
  return async ({ metadata }: InitRequest, name: string, call: ServerCall): Promise<object> => {
    await component.initialise(name, metadata?.properties ?? {}, call.signal);
    call.sendHeaders([[kitHeader, "1"]]);
    return {};
  };
}

export function ping<K extends Kind>(component: ServedComponent<K>) {
  return async (_: object, name: string, call: ServerCall): Promise<object> => {
    const instance = component.instance(name);
    if (instance.ping === undefined)
      throw new ComponentError("unimplemented", `${component.definition.type} has nothing to ping`);
    await instance.ping(call);
    return {};
  };
}

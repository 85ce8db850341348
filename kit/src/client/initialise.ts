import { ComponentError } from "../errors/component-error.ts";
import { asComponentError } from "./caller.ts";
import type { Caller, InitOptions, RemoteMethod } from "./caller.ts";

type InitRequest = { metadata: { properties: { [name: string]: string } } | undefined };

/** Init, and then what the instance can do. A component without Features has none. */
export async function initialise(
  caller: Caller,
  initMethod: RemoteMethod<InitRequest, object>,
  featuresMethod: RemoteMethod<object, { features: string[] }>,
  properties: Readonly<Record<string, string>>,
  options: InitOptions | undefined,
): Promise<readonly string[]> {
  await caller.init(initMethod, { metadata: { properties: { ...properties } } }, options);
  try {
    return (await caller.call(featuresMethod, {}, options)).features;
  } catch (error) {
    if (ComponentError.is(error) && error.code === "unimplemented") return [];
    throw asComponentError(error);
  }
}

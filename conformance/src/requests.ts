/** Requests to a state store, as the tests of a component write them. */
export { bytes } from "./core/bytes.ts";
export { deleting, getting, setting, type Extras } from "./state/requests.ts";

/** Of what may be missing: that is an empty text. */
export function textOf(data: Uint8Array | undefined): string {
  return new TextDecoder().decode(data);
}

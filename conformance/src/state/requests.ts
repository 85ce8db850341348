import assert from "node:assert/strict";
import type { Concurrency, Consistency, DeleteRequest, GetRequest, GetResult, Metadata, SetRequest } from "@trilby/kit";
import { bytes, sameBytes } from "../core/bytes.ts";
import type { Case } from "../core/case.ts";
import type { World } from "../core/world.ts";

export type StateCase = Case<"state">;
export type StateWorld = World<"state">;
export type Store = StateWorld["instance"];

export interface Extras {
  readonly etag?: string | undefined;
  readonly concurrency?: Concurrency;
  readonly consistency?: Consistency;
  readonly metadata?: Metadata;
}

export const noLimit = { parallelism: 0 };

export function getting(key: string, { consistency = "", metadata = {} }: Extras = {}): GetRequest {
  return { key, consistency, metadata };
}

export function setting(key: string, value: string | Uint8Array, extras: Extras = {}): SetRequest {
  const { etag, concurrency = "", consistency = "", metadata = {} } = extras;
  const data = typeof value === "string" ? bytes(value) : value;
  return { key, value: data, etag, options: { concurrency, consistency }, metadata };
}

export function deleting(key: string, extras: Extras = {}): DeleteRequest {
  const { etag, concurrency = "", consistency = "", metadata = {} } = extras;
  return { key, etag, options: { concurrency, consistency }, metadata };
}

/** What is stored under a key, which must be there. */
export async function stored(store: Store, key: string, extras?: Extras): Promise<GetResult> {
  const result = await store.get(getting(key, extras));
  assert.ok(result !== undefined, `there is nothing under ${shown(key)}`);
  return result;
}

export async function holds(
  store: Store,
  key: string,
  value: string | Uint8Array,
  extras?: Extras,
): Promise<GetResult> {
  const result = await stored(store, key, extras);
  sameBytes(result.data, typeof value === "string" ? bytes(value) : value, `the value of ${shown(key)}`);
  return result;
}

export async function holdsNothing(store: Store, key: string, extras?: Extras): Promise<void> {
  const result = await store.get(getting(key, extras));
  assert.equal(result, undefined, `there must be nothing under ${shown(key)}`);
}

/** The etag of an item in a store that has etags. */
export async function etagOf(store: Store, key: string): Promise<string> {
  const { etag } = await stored(store, key);
  assert.ok(etag !== undefined && etag !== "", `the item ${shown(key)} has no etag`);
  return etag;
}

export function shown(key: string): string {
  return JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}...` : key);
}

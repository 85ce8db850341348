import type { DeleteRequest, GetRequest, Metadata, SetRequest, StateOptions } from "@trilby/kit";

export const bytes = (text: string) => new TextEncoder().encode(text);
export const textOf = (data: Uint8Array | undefined) => new TextDecoder().decode(data);

interface Extras extends Partial<StateOptions> {
  etag?: string | undefined;
  metadata?: Metadata;
}

const options = ({ concurrency = "", consistency = "" }: Extras): StateOptions => ({ concurrency, consistency });

export const getting = (key: string, { consistency = "", metadata = {} }: Extras = {}): GetRequest => ({
  key,
  consistency,
  metadata,
});

export const setting = (key: string, value: string | Uint8Array, extras: Extras = {}): SetRequest => ({
  key,
  value: typeof value === "string" ? bytes(value) : value,
  etag: extras.etag,
  options: options(extras),
  metadata: extras.metadata ?? {},
});

export const deleting = (key: string, extras: Extras = {}): DeleteRequest => ({
  key,
  etag: extras.etag,
  options: options(extras),
  metadata: extras.metadata ?? {},
});

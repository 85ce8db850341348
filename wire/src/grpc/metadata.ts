import type { HeaderField } from "../http2/header-list.ts";
import type { RpcMetadata } from "./status.ts";

/**
 * Metadata as header fields ("gRPC over HTTP/2", Requests: `Custom-Metadata`). Names that belong to the protocol are left
 * out. Throws where a name or a value cannot be carried; the error does not show the value.
 */
export function encodeMetadata(metadata: RpcMetadata): HeaderField[] {
  const fields: HeaderField[] = [];
  for (const [given, value] of metadata) {
    const name = given.toLowerCase();
    if (!legalName.test(name)) throw new Error(`"${given}" is no name for gRPC metadata.`);
    if (isReserved(name)) continue;
    fields.push([name, name.endsWith("-bin") ? encodeBytes(name, value) : checkText(name, value)]);
  }
  return fields;
}

/** What `encodeMetadata` made, and what other implementations make of it: several binary values may share a field. */
export function decodeMetadata(fields: readonly HeaderField[]): RpcMetadata {
  const metadata: [string, string | Uint8Array][] = [];
  for (const [name, value] of fields) {
    if (name.charCodeAt(0) === colon || isReserved(name)) continue;
    if (!name.endsWith("-bin")) metadata.push([name, value]);
    else for (const each of value.split(",")) metadata.push([name, Buffer.from(each, "base64")]);
  }
  return metadata;
}

const legalName = /^[0-9a-z_.-]+$/;
const legalText = /^[ -~]*$/;
const colon = 0x3a;

/** The protocol's own, and those that mean something to an HTTP connection (RFC 9113, section 8.2.2). */
const reserved: ReadonlySet<string> = new Set([
  "content-type",
  "te",
  "grpc-timeout",
  "grpc-encoding",
  "grpc-accept-encoding",
  "grpc-message-type",
  "grpc-status",
  "grpc-message",
  "grpc-status-details-bin",
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "host",
  "content-length",
]);

function isReserved(name: string): boolean {
  return reserved.has(name);
}

/** Without padding, as the protocol recommends. */
function encodeBytes(name: string, value: string | Uint8Array): string {
  if (typeof value === "string") throw new Error(`The metadata ${name} carries bytes, as its name says, and got text.`);
  return unpadded(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64"));
}

export function unpadded(base64: string): string {
  const end = base64.indexOf("=");
  return end === -1 ? base64 : base64.slice(0, end);
}

function checkText(name: string, value: string | Uint8Array): string {
  if (typeof value !== "string") throw new Error(`The metadata ${name} carries text; a name for bytes ends in "-bin".`);
  if (!legalText.test(value)) {
    throw new Error(`The value of the metadata ${name} is not printable ASCII; send it as bytes, with a "-bin" name.`);
  }
  return value;
}

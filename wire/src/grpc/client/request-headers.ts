import { PreparedHeaders } from "../../http2/header-list.ts";
import type { HeaderField } from "../../http2/header-list.ts";
import { acceptedEncodings } from "../compression.ts";
import { encodeMetadata } from "../metadata.ts";
import type { RpcMetadata } from "../status.ts";
import { formatTimeout } from "../timeout.ts";

/** What is prepared stays with the channel, and with each of its connections. */
const maxPrepared = 1000;
const maxTimeoutsPerPath = 16;

/**
 * Request headers ("gRPC over HTTP/2", Requests: `Request-Headers`). Those that come again, by path, metadata and timeout, are the same
 * object again, which a connection sends as a few bytes.
 */
export class RequestHeaders {
  readonly #before: readonly HeaderField[];
  readonly #after: readonly HeaderField[];
  readonly #byMetadata = new WeakMap<RpcMetadata, MetadataHeaders>();
  readonly #recent: (RpcMetadata | undefined)[] = Array.from({ length: 8 });
  #recentNext = 0;
  #last: MetadataHeaders | undefined;
  #lastMetadata: RpcMetadata | undefined;
  #prepared = 0;

  constructor(scheme: "http" | "https", authority: string, acceptCompressed: boolean) {
    this.#before = [
      [":method", "POST"],
      [":scheme", scheme],
      [":authority", authority],
    ];
    this.#after = [
      ["te", "trailers"],
      ["content-type", "application/grpc"],
      ["user-agent", "grpc-node-trilby/1"],
      ...(acceptCompressed ? [["grpc-accept-encoding", acceptedEncodings] as const] : []),
    ];
  }

  /** Throws where the metadata cannot be carried. */
  of(
    path: string,
    metadata: RpcMetadata = none,
    timeoutMs: number | undefined,
  ): PreparedHeaders | readonly HeaderField[] {
    const known = metadata === this.#lastMetadata ? this.#last! : this.#known(metadata);
    if (known === undefined) return this.#fields(path, encodeMetadata(metadata), timeoutMs);
    let ofPath = known.paths.get(path);
    if (ofPath === undefined) {
      ofPath = { plain: undefined, timeouts: undefined };
      // Paths are the peer's methods: few. Should somebody make them up, they are sent unprepared.
      if (this.#prepared < maxPrepared) known.paths.set(path, ofPath);
    }
    const found = timeoutMs === undefined ? ofPath.plain : ofPath.timeouts?.get(timeoutMs);
    if (found !== undefined && found !== seenOnce) return found;
    const fields = this.#fields(path, known.fields, timeoutMs);
    if (this.#prepared >= maxPrepared) return fields;
    if (timeoutMs === undefined) {
      this.#prepared++;
      return (ofPath.plain = new PreparedHeaders(fields));
    }
    // What is left of a deadline is another number with each call: a timeout is prepared when it comes again.
    ofPath.timeouts ??= new Map();
    if (found === undefined) {
      if (ofPath.timeouts.size >= maxTimeoutsPerPath) forgetSeenOnce(ofPath.timeouts);
      if (ofPath.timeouts.size < maxTimeoutsPerPath) ofPath.timeouts.set(timeoutMs, seenOnce);
      return fields;
    }
    this.#prepared++;
    const prepared = new PreparedHeaders(fields);
    ofPath.timeouts.set(timeoutMs, prepared);
    return prepared;
  }

  /** Undefined for metadata that was not seen before: most likely it is made anew for each call. */
  #known(metadata: RpcMetadata): MetadataHeaders | undefined {
    let known = this.#byMetadata.get(metadata);
    if (known === undefined) {
      if (metadata !== none && !this.#recent.includes(metadata)) {
        this.#recent[this.#recentNext] = metadata;
        this.#recentNext = (this.#recentNext + 1) % this.#recent.length;
        return undefined;
      }
      known = { fields: encodeMetadata(metadata), paths: new Map() };
      this.#byMetadata.set(metadata, known);
    }
    this.#lastMetadata = metadata;
    this.#last = known;
    return known;
  }

  #fields(path: string, metadata: readonly HeaderField[], timeoutMs: number | undefined): readonly HeaderField[] {
    return [
      ...this.#before,
      [":path", path],
      ...(timeoutMs === undefined ? [] : [["grpc-timeout", formatTimeout(timeoutMs)] as const]),
      ...this.#after,
      ...metadata,
    ];
  }
}

interface MetadataHeaders {
  readonly fields: readonly HeaderField[];
  readonly paths: Map<string, PathHeaders>;
}

interface PathHeaders {
  plain: PreparedHeaders | undefined;
  timeouts: Map<number, PreparedHeaders | typeof seenOnce> | undefined;
}

const seenOnce = "seen once";
const none: RpcMetadata = [];

function forgetSeenOnce(timeouts: Map<number, PreparedHeaders | typeof seenOnce>): void {
  for (const [timeoutMs, value] of timeouts) if (value === seenOnce) timeouts.delete(timeoutMs);
}

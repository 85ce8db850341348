import { request as requestPlain, Agent as PlainAgent, type IncomingMessage } from "node:http";
import { request as requestTls, Agent as TlsAgent } from "node:https";
import type { ConnectionOptions } from "node:tls";
import { ComponentError, type Call } from "@trilby/kit";
import { parseExact } from "./exact-json.ts";

export interface VaultAnswer {
  readonly status: number;
  /** Parsed JSON; undefined when there was none. */
  readonly body: unknown;
}

/** What node-vault hands to whoever sends its requests. */
export interface VaultRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly call?: Call | undefined;
}

/** Sends the requests that node-vault composes. */
export interface Sender {
  /** Resolves with any status; rejects when Vault cannot be reached. */
  send(request: VaultRequest): Promise<VaultAnswer>;
  close(): void;
}

/**
 * The sender under node-vault, on Node's own client rather than on the axios that node-vault brings: requests can be
 * cancelled, numbers keep their digits, and no error object carries the headers, where the token is.
 */
export function createSender(address: string, tls: ConnectionOptions): Sender {
  const agents = { "http:": new PlainAgent({ keepAlive: true }), "https:": new TlsAgent({ ...tls, keepAlive: true }) };

  async function send(request: VaultRequest): Promise<VaultAnswer> {
    let url = new URL(request.uri);
    for (let hop = 0; hop <= maxRedirects; hop++) {
      const { status, location, text } = await exchangeOnce(request, url);
      // A standby server sends its callers to the active one.
      if (location === undefined || status < 301 || status > 308) return { status, body: jsonOrUndefined(text) };
      const next = new URL(location, url);
      if (next.protocol !== url.protocol) break;
      url = next;
    }
    throw new ComponentError("unavailable", `Vault at ${address} answers with redirects that lead nowhere`);
  }

  async function exchangeOnce(request: VaultRequest, url: URL): Promise<Exchange> {
    try {
      return await exchange(request, url);
    } catch (error) {
      // A kept connection that the server closed just then: nothing was read, a read may be sent again.
      if (!(error instanceof StaleConnection)) throw error;
      return await exchange(request, url);
    }
  }

  function exchange({ method, headers, call }: VaultRequest, url: URL): Promise<Exchange> {
    return new Promise((resolve, reject) => {
      const protocol = url.protocol as keyof typeof agents;
      const timeout = AbortSignal.timeout(timeoutMs);
      const options = {
        method,
        agent: agents[protocol],
        headers,
        signal: call?.signal ? AbortSignal.any([call.signal, timeout]) : timeout,
      };
      const outgoing = (protocol === "https:" ? requestTls : requestPlain)(url, options, (incoming) => {
        readAll(incoming).then(
          (text) => resolve({ status: incoming.statusCode ?? 0, location: incoming.headers.location, text }),
          (error: Error) => reject(unreachable(error, call)),
        );
      });
      outgoing.on("error", (error: NodeJS.ErrnoException) => {
        const stale = outgoing.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
        reject(stale ? new StaleConnection() : unreachable(error, call));
      });
      outgoing.end();
    });
  }

  function unreachable(error: NodeJS.ErrnoException, call: Call | undefined): ComponentError {
    if (ComponentError.is(error)) return error;
    if (call?.signal?.aborted)
      return new ComponentError("cancelled", "the call to Vault was cancelled", { cause: error });
    if (error.name === "AbortError" || error.name === "TimeoutError") {
      return new ComponentError(
        "deadline-exceeded",
        `Vault at ${address} did not answer within ${timeoutMs / 1000} s`,
        { cause: error },
      );
    }
    const hint = hints.find(([pattern]) => pattern.test(error.code ?? error.message))?.[1] ?? "";
    const reason =
      error instanceof AggregateError ? error.errors.map(({ message }) => message).join(", ") : error.message;
    return new ComponentError("unavailable", `Vault at ${address} cannot be reached: ${reason}${hint}`, {
      cause: error,
    });
  }

  return {
    send,
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

interface Exchange {
  readonly status: number;
  readonly location: string | undefined;
  readonly text: string;
}

class StaleConnection extends Error {}

const maxRedirects = 3;
/** Vault itself ends a request after 90 s. */
const timeoutMs = 30_000;
/** Vault takes no request above 32 MiB. */
const maxBodyBytes = 64 * 2 ** 20;

const hints: readonly (readonly [RegExp, string])[] = [
  [
    /SELF_SIGNED|UNABLE_TO_|CERT_SIGNATURE|SIGNED_CERT/,
    "; give the authority's certificate by caPem, caPath or caCert",
  ],
  [/ALTNAME/, "; give the name in the certificate by tlsServerName"],
  [/WRONG_VERSION_NUMBER|EPROTO/, "; is it http:// rather than https://?"],
];

async function readAll(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBodyBytes)
      throw new ComponentError("resource-exhausted", `Vault's answer is larger than ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function jsonOrUndefined(text: string): unknown {
  if (text === "") return undefined;
  try {
    return parseExact(text);
  } catch {
    return undefined;
  }
}

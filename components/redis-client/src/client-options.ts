import type { RedisOptions as NodeOptions } from "ioredis";
import { readAddresses } from "./addresses.ts";
import type { RedisOptions } from "./fields.ts";

type TlsOptions = NonNullable<NodeOptions["tls"]>;

/** What the client library is told, except for the addresses. */
export function clientOptions(options: RedisOptions): NodeOptions {
  const maxRetries = Math.max(0, options.redisMaxRetries);
  return {
    lazyConnect: true,
    ...(options.redisUsername && { username: options.redisUsername }),
    ...(options.redisPassword && { password: options.redisPassword }),
    db: options.redisType === "cluster" ? 0 : options.redisDB,
    disableClientInfo: true,
    connectTimeout: options.dialTimeout > 0 ? options.dialTimeout : undefined,
    keepAlive: 30_000,
    maxRetriesPerRequest: maxRetries,
    retryStrategy: (attempt: number) => retryDelayMs(options, attempt),
    // What was the primary is a replica by now: look for the new one and send the command again.
    reconnectOnError: (error: Error) => (error.message.startsWith("READONLY") ? 2 : false),
    ...(options.enableTLS && { tls: tlsOptions(options) }),
    ...(options.failover && sentinelOptions(options)),
  };
}

/**
 * Pause before reconnecting. The connection is tried again for ever; commands give up after `redisMaxRetries` attempts.
 */
export function retryDelayMs(options: RedisOptions, attempt: number): number {
  const { redisMaxRetryInterval: maxMs, redisMaxRetries: retries } = options;
  const minMs = options.maxRetryBackoff === undefined ? options.redisMinRetryInterval : options.maxRetryBackoff / 1e6;
  const delayMs = minMs <= 0 || maxMs <= 0 ? 0 : Math.min(maxMs, minMs * 2 ** Math.min(attempt - 1, 30));
  // Past the retries nobody waits for this very attempt: spare the server.
  return attempt <= retries ? delayMs : Math.max(delayMs, Math.min(100 * attempt, 1_000));
}

/** How long a call waits for its answer, and its connection for any; undefined: for ever. */
export function answerTimeout({ readTimeout, writeTimeout }: RedisOptions): number | undefined {
  if (readTimeout < 0) return undefined;
  const readMs = readTimeout === 0 ? 3_000 : readTimeout;
  return Math.ceil(Math.max(readMs, writeTimeout ?? 0));
}

function tlsOptions({ insecureSkipTLSVerify, clientCert, clientKey }: RedisOptions): TlsOptions {
  return {
    rejectUnauthorized: !insecureSkipTLSVerify,
    ...(clientCert && { cert: clientCert, key: clientKey }),
  };
}

function sentinelOptions(options: RedisOptions): NodeOptions {
  return {
    sentinels: readAddresses(options.redisHost, options.redisPort),
    name: options.sentinelMasterName,
    ...(options.sentinelUsername && { sentinelUsername: options.sentinelUsername }),
    ...(options.sentinelPassword && { sentinelPassword: options.sentinelPassword }),
    sentinelRetryStrategy: (attempt: number) => retryDelayMs(options, attempt),
    ...(options.enableTLS && { enableTLSForSentinelMode: true, sentinelTLS: tlsOptions(options) }),
  };
}

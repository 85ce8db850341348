import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import type { Logger } from "@trilby/kit";
import type { ISocketFactory, KafkaConfig, SASLOptions } from "kafkajs";
import { authenticationOf } from "./authentication.ts";
import type { KafkaOptions } from "./fields.ts";
import { libraryLog } from "./library-log.ts";

/** What every client of one component has in common; `retries` is for connections and for asking about topics. */
export function clientOptions(options: KafkaOptions, logger: Logger, retries: number): KafkaConfig {
  const ssl = tlsOptions(options);
  const sasl = saslOptions(options);
  return {
    brokers: [...options.brokers],
    ...(options.clientId && { clientId: options.clientId }),
    ...(ssl && { ssl }),
    ...(sasl && { sasl }),
    connectionTimeout: positive(options.dialTimeout, 30_000),
    authenticationTimeout: positive(options.dialTimeout, 30_000),
    requestTimeout: positive(options.readTimeout, 30_000),
    retry: { retries, ...retryPauses },
    socketFactory: socketFactory(options.clientConnectionKeepAliveInterval),
    // Its debug level formats every request.
    logLevel: infoLevel,
    logCreator: libraryLog(logger),
  };
}

export const retryPauses = { initialRetryTime: 100, maxRetryTime: 1_000, multiplier: 2, factor: 0.2 };

/** As in Dapr, a duration that makes no sense is the default. */
export function positive(value: number, otherwise: number): number {
  return value > 0 ? Math.ceil(value) : otherwise;
}

const infoLevel = 4;

function tlsOptions(options: KafkaOptions): ConnectionOptions | undefined {
  if (options.disableTls || authenticationOf(options) === "none") return undefined;
  const { caCert, clientCert, clientKey, skipVerify } = options;
  return {
    minVersion: "TLSv1.2",
    rejectUnauthorized: !skipVerify,
    ...(caCert && { ca: caCert }),
    ...(authenticationOf(options) === "mtls" && { cert: clientCert, key: clientKey }),
  };
}

function saslOptions(options: KafkaOptions): SASLOptions | undefined {
  if (authenticationOf(options) !== "password") return undefined;
  const { saslUsername: username = "", saslPassword: password = "", saslMechanism } = options;
  switch (saslMechanism.toUpperCase()) {
    case "SHA-256":
    case "SCRAM-SHA-256":
      return { mechanism: "scram-sha-256", username, password };
    case "SHA-512":
    case "SCRAM-SHA-512":
      return { mechanism: "scram-sha-512", username, password };
    default:
      return { mechanism: "plain", username, password };
  }
}

function socketFactory(keepAliveMs: number): ISocketFactory {
  return ({ host, port, ssl, onConnect }) => {
    const socket: Socket = ssl
      ? connectTls({ host, port, ...(!isIP(host) && { servername: host }), ...ssl }, onConnect)
      : connect({ host, port }, onConnect);
    socket.setNoDelay(true);
    if (keepAliveMs > 0) socket.setKeepAlive(true, keepAliveMs);
    return socket;
  };
}

import { authenticationOf } from "./authentication.ts";
import type { KafkaOptions } from "./fields.ts";

/** What is wrong across fields, and what is asked for that is not there yet. */
export function kafkaProblems(options: KafkaOptions): string[] {
  return [...authenticationProblems(options), ...brokerProblems(options), ...otherProblems(options)];
}

function authenticationProblems(options: KafkaOptions): string[] {
  const problems: string[] = [];
  const { saslUsername, saslPassword, caCert, clientCert, clientKey, disableTls } = options;
  const type = authenticationOf(options);
  if (type === undefined) {
    problems.push("authType is required: none, password, mtls or certificate");
  } else if (type === "oidc" || type === "oidc_private_key_jwt" || type === "awsiam") {
    problems.push(`authType ${type} is not supported yet: use none, password, mtls or certificate`);
  }
  if (type === "password") {
    if (!saslUsername) problems.push("saslUsername is required with authType password");
    if (!saslPassword) problems.push("saslPassword is required with authType password");
  }
  if (type === "certificate" && !caCert) problems.push("caCert is required with authType certificate");
  if (type === "mtls") {
    if (!clientCert || !clientKey) problems.push("clientCert and clientKey are required with authType mtls");
    if (disableTls) problems.push("authType mtls needs TLS: drop disableTls");
  }
  for (const [name, value] of Object.entries({ caCert, clientCert, clientKey })) {
    if (value && !value.includes("-----BEGIN")) problems.push(`${name} must be PEM text, which begins with -----BEGIN`);
  }
  return problems;
}

function brokerProblems({ brokers }: KafkaOptions): string[] {
  // Absent where it could not be read, which is reported already.
  if (brokers === undefined) return [];
  if (brokers.length === 0) return ["brokers names no broker"];
  return brokers
    .filter((broker) => !/^(\[[^\]]+\]|[^:\s]+):\d{1,5}$/.test(broker))
    .map((broker) => `brokers must be host:port, but one is ${JSON.stringify(broker)}`);
}

function otherProblems(options: KafkaOptions): string[] {
  const problems: string[] = [];
  if (options.heartbeatInterval >= options.sessionTimeout)
    problems.push("heartbeatInterval must be shorter than sessionTimeout; a third of it is usual");
  if (options.excludeHeaderMetaRegex && !isExpression(options.excludeHeaderMetaRegex))
    problems.push("excludeHeaderMetaRegex is not a regular expression");
  if (options.compression === "snappy" || options.compression === "lz4")
    problems.push(`compression ${options.compression} is not supported yet: use none, gzip or zstd`);
  if (options.consumerGroupRebalanceStrategy === "sticky")
    problems.push("consumerGroupRebalanceStrategy sticky is not supported yet: use range or roundrobin");
  if (options.schemaRegistryURL) problems.push("schemaRegistryURL: Avro is not supported yet");
  return problems;
}

function isExpression(text: string): boolean {
  try {
    return Boolean(new RegExp(text, "u"));
  } catch {
    return false;
  }
}

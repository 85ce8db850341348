import { bool, choice, duration, integer, list, number, text, type Options } from "@trilby/kit";

/** By Dapr's names, with Dapr's defaults. */
export const kafkaFields = {
  brokers: list({
    description: "Host and port of the brokers, separated by commas.",
    required: true,
    example: "localhost:9092",
  }),
  consumerGroup: text({ description: "Name of the consumer group. consumerID when absent." }),
  consumerID: text({
    description: "Name of the consumer group when consumerGroup is absent. The runtime fills it in.",
  }),
  clientId: text({ description: "Name that the brokers see in their logs.", example: "my-app" }),

  authType: choice({
    description: "How to sign in. TLS is on with everything but none, unless disableTls says otherwise.",
    allowedValues: ["none", "password", "mtls", "certificate", "oidc", "oidc_private_key_jwt", "awsiam"],
    ignoreCase: true,
  }),
  authRequired: bool({
    description: "Use authType. false: none. true: password when saslPassword is set, else mtls.",
    words: "strict",
    deprecated: true,
  }),
  saslUsername: text({ description: "User name. Required with authType password." }),
  saslPassword: text({ description: "Password. Required with authType password.", sensitive: true }),
  saslMechanism: text({
    description: "SHA-256 or SHA-512 for SCRAM; PLAIN otherwise.",
    default: "PLAIN",
    example: "SHA-512",
  }),
  caCert: text({ description: "Certificate of the authority that signed the brokers' certificates, PEM." }),
  clientCert: text({ description: "Client certificate for mutual TLS, PEM." }),
  clientKey: text({ description: "Key of the client certificate, PEM.", sensitive: true }),
  disableTls: bool({ description: "No TLS, whatever authType is.", default: false }),
  skipVerify: bool({ description: "Do not check the brokers' certificates. For tests only.", default: false }),

  initialOffset: choice({
    description: "Where a consumer group begins that has not read the topic yet.",
    allowedValues: ["newest", "oldest"],
    default: "newest",
    ignoreCase: true,
  }),
  maxMessageBytes: integer({ description: "Largest message that may be published. 0: 1 MiB.", default: 0, min: 0 }),
  consumeRetryEnabled: bool({
    description: "false: as backOffMaxRetries 0.",
    default: true,
  }),
  consumeRetryInterval: duration({
    description: "Pause before the consumer group is joined again after an error.",
    default: "100ms",
    bareInteger: "milliseconds",
  }),
  backOffPolicy: choice({
    description: "Pauses between attempts to deliver a message that the application refused.",
    allowedValues: ["constant", "exponential"],
    default: "constant",
    ignoreCase: true,
  }),
  backOffDuration: milliseconds("Pause between attempts, policy constant.", "5s"),
  backOffInitialInterval: milliseconds("First pause, policy exponential.", "500ms"),
  backOffRandomizationFactor: number({
    description: "Share of a pause by which it may be shorter or longer, policy exponential.",
    default: 0.5,
    min: 0,
    max: 1,
  }),
  backOffMultiplier: number({ description: "Growth of the pauses, policy exponential.", default: 1.5, min: 1 }),
  backOffMaxInterval: milliseconds("Longest pause, policy exponential.", "60s"),
  backOffMaxElapsedTime: milliseconds("Time for a round of attempts, policy exponential. 0: no limit.", "15m"),
  backOffMaxRetries: integer({
    description: "Attempts in a round, after which an error is logged and the next round begins. -1: no limit.",
    default: -1,
    min: -1,
  }),

  heartbeatInterval: duration({ description: "Time between signs of life to the group.", default: "3s", min: "1ms" }),
  sessionTimeout: duration({
    description: "Silence after which the group goes on without us.",
    default: "10s",
    min: "1ms",
  }),
  version: text({ description: "Has no effect: the version of the protocol is agreed on with each broker." }),
  escapeHeaders: bool({ description: "Escape keys and headers of received messages as in URLs.", default: false }),
  excludeHeaderMetaRegex: text({
    description: "Names that do not travel between metadata and headers, a regular expression.",
    example: "^trace",
  }),

  clientConnectionTopicMetadataRefreshInterval: duration({
    description: "How often the brokers are asked about topics and partitions.",
    default: "8m",
  }),
  clientConnectionKeepAliveInterval: duration({
    description: "Idle time after which TCP checks a connection. 0: it does not.",
    default: "0s",
  }),
  dialTimeout: duration({ description: "Longest time to make a connection.", default: "30s" }),
  readTimeout: duration({ description: "Longest time to wait for an answer of a broker.", default: "30s" }),
  writeTimeout: duration({ description: "Has no effect: readTimeout counts from the sending on.", default: "30s" }),
  metadataTimeout: duration({ description: "Has no effect, see readTimeout.", default: "0s" }),
  channelBufferSize: integer({
    description: "Has no effect: each partition holds two times consumerFetchDefault at most.",
    default: 256,
  }),
  consumerFetchMin: integer({ description: "Bytes that a broker waits for before it answers.", default: 1, min: 1 }),
  consumerFetchDefault: integer({
    description: "Bytes of one partition that a fetch may bring.",
    default: 1_048_576,
    min: 1,
  }),
  consumerGroupRebalanceStrategy: choice({
    description: "How partitions are shared out among the group's members. sticky is not supported yet.",
    allowedValues: ["range", "roundrobin", "sticky"],
    default: "range",
    ignoreCase: true,
  }),

  compression: choice({
    description: "Compression of published messages. snappy and lz4 are not supported yet, for reading neither.",
    allowedValues: ["none", "gzip", "zstd", "snappy", "lz4"],
    default: "none",
    ignoreCase: true,
  }),
  producerRequiredAcks: choice({
    description: "Who must have a message before it counts as published: all replicas in sync, the leader, or nobody.",
    allowedValues: ["all", "local", "none"],
    default: "all",
    ignoreCase: true,
  }),
  producerRetryMax: integer({
    description: "How many times publishing is tried again.",
    default: 5,
    min: 0,
    max: 1_000,
  }),

  schemaRegistryURL: unsupported("Schema registry, for Avro"),
  schemaRegistryAPIKey: unsupported("For schemaRegistryURL"),
  schemaRegistryAPISecret: unsupported("For schemaRegistryURL", true),
  schemaCachingEnabled: unsupported("For schemaRegistryURL"),
  schemaLatestVersionCacheTTL: unsupported("For schemaRegistryURL"),
  useAvroJSON: unsupported("For schemaRegistryURL"),
  oidcTokenEndpoint: unsupported("For authType oidc"),
  oidcClientID: unsupported("For authType oidc"),
  oidcClientSecret: unsupported("For authType oidc", true),
  oidcScopes: unsupported("For authType oidc"),
  oidcExtensions: unsupported("For authType oidc"),
  oidcClientAssertionCert: unsupported("For authType oidc_private_key_jwt"),
  oidcClientAssertionKey: unsupported("For authType oidc_private_key_jwt", true),
  oidcResource: unsupported("For authType oidc_private_key_jwt"),
  oidcAudience: unsupported("For authType oidc_private_key_jwt"),
  oidcKid: unsupported("For authType oidc_private_key_jwt"),
  region: unsupported("For authType awsiam", false, ["awsRegion"]),
  accessKey: unsupported("For authType awsiam", true, ["awsAccessKey"]),
  secretKey: unsupported("For authType awsiam", true, ["awsSecretKey"]),
  sessionToken: unsupported("For authType awsiam", true, ["awsSessionToken"]),
  assumeRoleArn: unsupported("For authType awsiam", false, ["awsIamRoleArn"]),
  sessionName: unsupported("For authType awsiam", false, ["awsStsSessionName"]),
};

export type KafkaOptions = Options<typeof kafkaFields>;

function milliseconds(description: string, byDefault: string) {
  return duration({ description, default: byDefault, bareInteger: "milliseconds", min: "0s" });
}

function unsupported(what: string, sensitive = false, aliases: readonly string[] = []) {
  const notes = { ...(sensitive && { sensitive }), ...(aliases.length > 0 && { aliases }) };
  return text({ description: `${what}. Not supported yet.`, ...notes });
}

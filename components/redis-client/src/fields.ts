import { bool, choice, duration, integer, text, type Options } from "@trilby/kit";
import { addressProblems } from "./addresses.ts";

/**
 * The connection fields of every Redis component, by Dapr's names. Booleans are read strictly and bare numbers of
 * durations are milliseconds, as in Dapr.
 */
export function redisFields({ redisMinRetryInterval }: { redisMinRetryInterval: string }) {
  return {
    redisHost: text({
      description: "Host and port. Several, separated by commas: nodes of a cluster, or sentinels.",
      example: "localhost:6379",
      required: true,
    }),
    redisPort: integer({
      description: "Port, where redisHost has none.",
      example: "6379",
      default: 0,
      min: 0,
      max: 65_535,
    }),
    redisUsername: text({ description: "User name of the access control list.", default: "" }),
    redisPassword: text({ description: "Password.", sensitive: true, default: "" }),
    sentinelUsername: text({ description: "User name for the sentinels.", default: "" }),
    sentinelPassword: text({ description: "Password for the sentinels.", sensitive: true, default: "" }),
    redisDB: integer({ description: "Number of the logical database. A cluster has but one.", default: 0, min: 0 }),
    redisType: choice({
      description: "One node (with or without sentinels), or a cluster.",
      allowedValues: ["node", "cluster"],
      default: "node",
      ignoreCase: true,
    }),
    failover: strictBool("redisHost names sentinels; the primary is found through them."),
    sentinelMasterName: text({
      description: "What the sentinels call the primary. Required with failover.",
      default: "",
    }),

    redisMaxRetries: integer({
      description: "How many times a command is tried again when the connection is lost. -1: never.",
      default: 3,
      min: -1,
      max: 1_000,
      aliases: ["maxRetries"],
    }),
    redisMinRetryInterval: milliseconds(
      "Pause before the first retry; it doubles each time. -1: none.",
      redisMinRetryInterval,
    ),
    redisMaxRetryInterval: milliseconds("Longest pause between retries. -1: no pause at all.", "512ms"),
    maxRetryBackoff: integer({
      description: "redisMinRetryInterval in nanoseconds; wins over it. Drop it.",
      deprecated: true,
    }),
    dialTimeout: milliseconds("Longest time to make a connection.", "5s"),
    readTimeout: milliseconds("Longest time to wait for an answer. -1: no limit.", "3s"),
    writeTimeout: duration({
      description: "As readTimeout; the longer of the two counts.",
      bareInteger: "milliseconds",
    }),

    enableTLS: strictBool("Connect with TLS. The server's certificate is checked."),
    insecureSkipTLSVerify: strictBool("Do not check the server's certificate. For tests only."),
    clientCert: text({ description: "Client certificate for mutual TLS, PEM.", default: "" }),
    clientKey: text({ description: "Key of the client certificate, PEM.", sensitive: true, default: "" }),

    poolSize: integer({ description: "Has no effect: one connection carries all commands side by side." }),
    minIdleConns: integer({ description: "Has no effect, see poolSize." }),
    maxConnAge: withoutEffect(),
    poolTimeout: withoutEffect(),
    idleTimeout: withoutEffect(),
    idleCheckFrequency: withoutEffect(),

    useEntraID: strictBool("Tokens of Azure Entra ID as passwords. Not supported yet.", ["useAzureAD"]),
    useOIDC: strictBool("Tokens of an OpenID provider as passwords. Not supported yet."),
    oidcTokenEndpoint: oidc(),
    oidcClientID: oidc(),
    oidcClientAssertionCert: oidc(),
    oidcClientAssertionKey: oidc(true),
    oidcResource: oidc(),
    oidcAudience: oidc(),
    oidcKid: oidc(),
    oidcScopes: oidc(),
    oidcCACert: oidc(),
  };
}

export type RedisOptions = Options<ReturnType<typeof redisFields>>;

/** For the `check` of a declaration. */
export function redisProblems(options: RedisOptions): string[] {
  const problems = addressProblems(options.redisHost, options.redisPort);
  const cluster = options.redisType === "cluster";
  if (options.redisHost.includes(",") && !cluster && !options.failover) {
    problems.push(
      "redisHost names several hosts: set redisType to cluster, or failover to true when they are sentinels",
    );
  }
  if (options.failover && cluster) problems.push("failover is for redisType node: a cluster fails over by itself");
  if (options.failover && !options.sentinelMasterName) problems.push("sentinelMasterName is required with failover");
  if (!options.clientCert !== !options.clientKey)
    problems.push("clientCert and clientKey belong together: give both or neither");
  if (options.useEntraID) problems.push("useEntraID is not supported yet: use redisUsername and redisPassword");
  if (options.useOIDC) problems.push("useOIDC is not supported yet: use redisUsername and redisPassword");
  return problems;
}

const strictBool = (description: string, aliases: readonly string[] = []) =>
  bool({ description, words: "strict", default: false, ...(aliases.length > 0 && { aliases }) });

const milliseconds = (description: string, byDefault: string) =>
  duration({ description, default: byDefault, bareInteger: "milliseconds" });

const withoutEffect = () => duration({ description: "Has no effect, see poolSize.", bareInteger: "milliseconds" });

const oidc = (sensitive = false) =>
  text({ description: "For useOIDC. Not supported yet.", ...(sensitive && { sensitive }) });

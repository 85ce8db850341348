/** The Dapr whose suite judges. The module's go.mod says the same; a test holds them together. */
export const daprVersion = "1.18.2";

/** Programs of that version the suite starts beside the daemon under test. */
export const neighbours = ["placement", "scheduler", "sentry"] as const;

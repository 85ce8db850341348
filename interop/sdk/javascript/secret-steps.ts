import type { DaprClient } from "@dapr/dapr";
import { environment } from "./environment.ts";
import { refusedStep, step, unsupportedStep } from "./lines.ts";

const { secretStore: store } = environment;

/** What an application does with a secret store; and the last step, which this SDK does not have. */
export async function secretSteps({ secret }: DaprClient): Promise<void> {
  await step("secret.get", () => secret.get(store, "password"));
  await step("secret.bulk", () => secret.getBulk(store));
  await refusedStep("secret.missing", () => secret.get(store, "never"));
  unsupportedStep("subscribe.stream", "the SDK has no streaming subscriptions");
}

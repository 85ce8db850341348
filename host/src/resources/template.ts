import { randomUUID } from "node:crypto";

export interface TemplateValues {
  readonly appId: string;
  readonly namespace: string | undefined;
  readonly podName: string | undefined;
}

/**
 * Puts Dapr's templates into one metadata value: `{uuid}` (a new one each time), `{podName}`, `{namespace}` (which is
 * `<namespace>.<app id>`), `{appID}`. Throws an Error with a sentence for people.
 */
export function fillTemplate(text: string, values: TemplateValues): string {
  if (!text.includes("{")) return text;
  return text.replace(/\{(uuid|podName|namespace|appID)\}/g, (_whole, token: string) => {
    switch (token) {
      case "uuid":
        return randomUUID();
      case "podName":
        if (values.podName) return values.podName;
        throw new Error("the template {podName} needs the environment variable POD_NAME, which is not set");
      case "namespace":
        return `${values.namespace ?? "default"}.${values.appId}`;
      default:
        return values.appId;
    }
  });
}

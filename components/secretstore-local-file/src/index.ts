import { resolve } from "node:path";
import { bool, ComponentError, defineSecretStore, text } from "@trilby/kit";
import { flatten, multiValued, singleValued } from "./flatten.ts";
import { readSecretsFile } from "./read-secrets-file.ts";

export default defineSecretStore({
  type: "secretstores.local.file",
  version: "v1",
  status: "stable",
  title: "Local file",
  description: "Secrets from a JSON file, read once when the component starts.",
  urls: [
    {
      title: "Reference",
      url: "https://docs.dapr.io/reference/components-reference/supported-secret-stores/file-secret-store/",
    },
  ],
  placement: "in-process",
  features: ["MULTIPLE_KEY_VALUES_PER_SECRET"],
  metadata: {
    secretsFile: text({
      description: "Path of the file; relative to the working directory.",
      required: true,
      example: "secrets.json",
    }),
    nestedSeparator: text({
      description: "Joins the names of nested objects and the indexes of lists to the name of one secret.",
      default: ":",
    }),
    multiValued: bool({
      description: "Make each name at the top one secret, with what is nested in it as its keys.",
      default: false,
    }),
  },
  async open(options) {
    const content = readSecretsFile(resolve(options.secretsFile));
    const separator = options.nestedSeparator || ":";
    const secrets = options.multiValued ? multiValued(content, separator) : singleValued(flatten(content, separator));
    return {
      features: options.multiValued ? ["MULTIPLE_KEY_VALUES_PER_SECRET"] : [],
      async get({ name }) {
        const secret = secrets.get(name);
        if (secret) return secret;
        throw new ComponentError("not-found", `secret ${name} not found in ${options.secretsFile}`);
      },
      async bulkGet() {
        return Object.fromEntries(secrets);
      },
      async close() {
        secrets.clear();
      },
    };
  },
});

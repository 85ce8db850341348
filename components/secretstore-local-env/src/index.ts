import { defineSecretStore, text, type Secret, type SecretStore } from "@trilby/kit";

export default defineSecretStore({
  type: "secretstores.local.env",
  version: "v1",
  status: "stable",
  title: "Environment variables",
  description: "Secrets from the environment of the process that runs the component.",
  urls: [
    {
      title: "Reference",
      url: "https://docs.dapr.io/reference/components-reference/supported-secret-stores/envvar-secret-store/",
    },
  ],
  placement: "in-process",
  features: [],
  metadata: {
    prefix: text({
      description: "Put in front of the names that are asked for. With it, only variables that begin so can be read.",
      default: "",
      example: "MYAPP_",
    }),
  },
  async open({ prefix }) {
    return createEnvironmentStore(process.env, prefix);
  },
});

/** Reads the environment at each call, so that a variable set later is seen. */
export function createEnvironmentStore(
  environment: Readonly<Record<string, string | undefined>>,
  prefix: string,
): SecretStore {
  return {
    // Like Dapr's, it cannot tell a variable that is hidden from one that is not set: both are empty.
    async get({ name }) {
      const variable = prefix + name;
      const known = Object.hasOwn(environment, variable) && !isHidden(variable);
      return { [name]: known ? (environment[variable] ?? "") : "" };
    },
    async bulkGet() {
      const secrets: [string, Secret][] = [];
      for (const [variable, value] of Object.entries(environment)) {
        if (value === undefined || isHidden(variable) || !variable.startsWith(prefix) || variable === prefix) continue;
        const name = variable.slice(prefix.length);
        secrets.push([name, { [name]: value }]);
      }
      return Object.fromEntries(secrets);
    },
    async close() {},
  };
}

/** The runtime's own settings and tokens are no secrets of the application's. */
function isHidden(variable: string): boolean {
  const upper = variable.toUpperCase();
  return upper === "APP_API_TOKEN" || upper.startsWith("DAPR_");
}

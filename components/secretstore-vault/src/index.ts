import { bool, choice, defineSecretStore, text } from "@trilby/kit";
import { openVaultStore } from "./open-vault-store.ts";

export default defineSecretStore({
  type: "secretstores.hashicorp.vault",
  aliases: ["secretstores.vault"],
  version: "v1",
  status: "stable",
  title: "HashiCorp Vault",
  description: "Secrets from the key-value engine of HashiCorp Vault, version 1 or 2.",
  urls: [
    {
      title: "Reference",
      url: "https://docs.dapr.io/reference/components-reference/supported-secret-stores/hashicorp-vault/",
    },
  ],
  placement: "child",
  features: ["MULTIPLE_KEY_VALUES_PER_SECRET"],
  metadata: {
    vaultAddr: text({
      description: "Address of the server.",
      default: "https://127.0.0.1:8200",
      example: "https://vault.example.com:8200",
    }),
    vaultToken: text({
      description:
        "Token to read with. Either this or `vaultTokenMountPath`. A renewable one is renewed before it expires.",
      sensitive: true,
    }),
    vaultTokenMountPath: text({
      description: "File that holds the token; read again when Vault no longer takes it.",
      example: "/var/run/secrets/vault-token",
    }),
    vaultKVPrefix: text({
      description: "Path that is put in front of the names of secrets.",
      default: "dapr",
      example: "team/app",
    }),
    vaultKVUsePrefix: bool({ description: "false: no path is put in front.", default: true }),
    enginePath: text({ description: "Where the key-value engine is mounted.", default: "secret" }),
    engineVersion: choice({
      description: "Version of the key-value engine. auto asks Vault, and takes 2 where it may not tell.",
      allowedValues: ["auto", "1", "2"],
      default: "auto",
    }),
    vaultValueType: choice({
      description:
        "map: the keys and values of a secret. text: one value, the secret as JSON, under the secret's name.",
      allowedValues: ["map", "text"],
      default: "map",
    }),
    caPem: text({
      description:
        "Certificates of the authorities to trust, as PEM text. Goes before `caPath`, and that before `caCert`.",
    }),
    caPath: text({ description: "Folder of such PEM files.", example: "/etc/vault/ca" }),
    caCert: text({ description: "Such a PEM file.", example: "/etc/vault/ca.pem" }),
    skipVerify: bool({ description: "Do not check the server's certificate. For development only.", default: false }),
    tlsServerName: text({
      description: "Name to expect in the server's certificate, when it is not that of the address.",
    }),
  },
  check({ vaultToken, vaultTokenMountPath, vaultAddr, enginePath, vaultKVPrefix }) {
    const problems: string[] = [];
    if (!vaultToken && !vaultTokenMountPath) problems.push("one of vaultToken and vaultTokenMountPath is required");
    if (vaultToken && vaultTokenMountPath)
      problems.push("vaultToken and vaultTokenMountPath exclude each other: keep one of them");
    if (vaultAddr && !/^https?:\/\/[^/]/.test(vaultAddr))
      problems.push("vaultAddr must begin with https:// or http://");
    if (vaultAddr && !URL.canParse(vaultAddr))
      problems.push("vaultAddr must be an address such as https://vault.example.com:8200");
    for (const [name, path] of Object.entries({ enginePath, vaultKVPrefix })) {
      if (path.split("/").some((part) => part === "..")) problems.push(`${name} must not step out of its place by ..`);
    }
    return problems;
  },
  open: openVaultStore,
});

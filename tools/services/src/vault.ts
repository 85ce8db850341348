import { writeFileSync } from "node:fs";
import { request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import { join } from "node:path";
import { createCertificates, type Certificates } from "./certificates.ts";
import { cached, findProgram } from "./find.ts";
import { startInstalled, type Installed } from "./installed-service.ts";
import type { VaultOptions, VaultService } from "./service.ts";

export const devToken = "trilby-root-token";

export async function startVault(options: VaultOptions = {}): Promise<VaultService> {
  const fix = "Run tools/services/install/vault, or set TRILBY_VAULT_ADDR and TRILBY_VAULT_TOKEN.";
  const program = findProgram("vault", fix, "vault", cached("vault-1.21.0"));
  return options.storage === "file" ? startFile(program, options) : startDev(program, options);
}

async function startDev(program: string, options: VaultOptions): Promise<VaultService> {
  if (options.tls) throw new Error('vault: tls needs storage: "file"');
  const service = await startInstalled({
    name: "vault",
    async prepare({ port }) {
      const words = [`-dev-root-token-id=${devToken}`, `-dev-listen-address=127.0.0.1:${port}`, "-dev-no-store-token"];
      const url = `http://127.0.0.1:${port}`;
      return {
        command: { file: program, arguments: ["server", "-dev", ...words], env: { VAULT_DISABLE_MLOCK: "1" } },
        url,
        probe: () => answersVault(url),
      };
    },
  });
  return Object.assign(service, { token: devToken, seal: refuseSeal, unseal: refuseSeal });
}

export async function refuseSeal(): Promise<void> {
  throw new Error('vault: a dev server cannot be sealed; start it with storage: "file"');
}

/** secret/ is mounted a moment after the port is open. */
export async function answersVault(url: string): Promise<boolean> {
  return (await call(url, "GET", "sys/mounts/secret", devToken)).status === 200;
}

async function startFile(program: string, options: VaultOptions): Promise<VaultService> {
  let url = "";
  let token = "";
  let key = "";
  let certificates: Certificates | undefined;
  const unseal = async () => {
    await expectOk(call(url, "PUT", "sys/unseal", undefined, { key }, certificates));
    await until(async () => (await call(url, "GET", "sys/health", undefined, undefined, certificates)).status === 200);
  };
  const installed: Installed = {
    name: "vault",
    async prepare({ folder, port }) {
      certificates = options.tls ? await createCertificates(join(folder, "tls")) : undefined;
      url = `${options.tls ? "https" : "http"}://127.0.0.1:${port}`;
      const configuration = join(folder, "vault.hcl");
      const listener = certificates
        ? `tls_cert_file = "${certificates.serverCertificateFile}"\n  tls_key_file = "${certificates.serverKeyFile}"`
        : "tls_disable = true";
      const settings = Object.entries(options.settings ?? {}).map(([name, value]) => `${name} = ${value}\n`);
      writeFileSync(
        configuration,
        `disable_mlock = true
storage "file" {
  path = "${join(folder, "data")}"
}
listener "tcp" {
  address = "127.0.0.1:${port}"
  ${listener}
}
${settings.join("")}`,
      );
      return {
        command: { file: program, arguments: ["server", `-config=${configuration}`] },
        url,
        certificates,
        // Any status is an answer: it starts without keys, and sealed after that.
        probe: async () => (await call(url, "GET", "sys/seal-status", undefined, undefined, certificates)).status < 500,
        async started() {
          if (token === "") {
            const shares = { secret_shares: 1, secret_threshold: 1 };
            const { body } = await expectOk(call(url, "PUT", "sys/init", undefined, shares, certificates));
            const answer = body as { root_token: string; keys: string[] };
            token = answer.root_token;
            key = answer.keys[0]!;
            await unseal();
            const mount = { type: "kv", options: { version: "2" } };
            await expectOk(call(url, "POST", "sys/mounts/secret", token, mount, certificates));
            // A fresh mount answers 400 while it turns itself into version 2.
            await until(
              async () => (await call(url, "GET", "secret/config", token, undefined, certificates)).status === 200,
            );
          } else {
            await unseal();
          }
        },
      };
    },
  };
  const service = await startInstalled(installed);
  const seal = async () => {
    await expectOk(call(url, "PUT", "sys/seal", token, undefined, certificates));
  };
  return Object.assign(service, { token, seal, unseal });
}

interface Answer {
  status: number;
  body: unknown;
}

function call(
  url: string,
  method: string,
  path: string,
  token?: string,
  body?: unknown,
  certificates?: Certificates,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = certificates ? requestTls : requestPlain;
    const options = {
      method,
      agent: false as const,
      timeout: 5_000,
      headers: token === undefined ? {} : { "x-vault-token": token },
      ...(certificates && { ca: certificates.ca }),
    };
    const outgoing = request(`${url}/v1/${path}`, options, (incoming) => {
      const parts: Buffer[] = [];
      incoming.on("data", (part: Buffer) => parts.push(part));
      incoming.once("error", reject);
      incoming.once("end", () => {
        const text = Buffer.concat(parts).toString();
        resolve({ status: incoming.statusCode ?? 0, body: text === "" ? undefined : JSON.parse(text) });
      });
    });
    outgoing.once("timeout", () => outgoing.destroy(new Error(`vault: no answer to ${path}`)));
    outgoing.once("error", reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function expectOk(answering: Promise<Answer>): Promise<Answer> {
  const answer = await answering;
  if (answer.status >= 300) throw new Error(`vault answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error("vault did not become ready in 30 s");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

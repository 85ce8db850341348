import { X509Certificate } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { getCACertificates, type ConnectionOptions } from "node:tls";
import { ComponentError } from "@trilby/kit";

export interface TlsChoices {
  readonly caPem?: string | undefined;
  readonly caPath?: string | undefined;
  readonly caCert?: string | undefined;
  readonly skipVerify: boolean;
  readonly tlsServerName?: string | undefined;
}

/** How to check the server: by the first given of caPem, caPath and caCert, else by the authorities of Node and of the system. */
export async function trustedCertificates(choices: TlsChoices): Promise<ConnectionOptions> {
  if (choices.skipVerify) return { rejectUnauthorized: false };
  const ca = (await given(choices)) ?? [...getCACertificates("default"), ...getCACertificates("system")];
  return choices.tlsServerName ? { ca, servername: choices.tlsServerName } : { ca };
}

async function given({ caPem, caPath, caCert }: TlsChoices): Promise<string[] | undefined> {
  if (caPem) return [checked("caPem", caPem)];
  if (caPath) return await folder(caPath);
  if (caCert) return [checked(`caCert ${caCert}`, await read("caCert", caCert, () => readFile(caCert, "utf8")))];
  return undefined;
}

async function folder(caPath: string): Promise<string[]> {
  const entries = await read("caPath", caPath, () => readdir(caPath, { recursive: true, withFileTypes: true }));
  const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  return await Promise.all(
    files.map(async (file) => checked(`caPath ${file}`, await read("caPath", file, () => readFile(file, "utf8")))),
  );
}

async function read<T>(field: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new ComponentError("failed-precondition", `${field} ${path} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function checked(what: string, pem: string): string {
  try {
    new X509Certificate(pem);
    return pem;
  } catch {
    throw new ComponentError("failed-precondition", `${what} is not a certificate in PEM form`);
  }
}

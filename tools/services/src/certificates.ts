import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** PEM files, made for one test run, and their text. */
export interface Certificates {
  caFile: string;
  serverCertificateFile: string;
  serverKeyFile: string;
  clientCertificateFile: string;
  clientKeyFile: string;
  ca: string;
  clientCertificate: string;
  clientKey: string;
}

/** A new authority, and a server's (127.0.0.1 and localhost, unless `hosts` says otherwise) and a client's certificate of it. */
export async function createCertificates(
  folder: string,
  hosts: readonly string[] = ["localhost", "127.0.0.1"],
): Promise<Certificates> {
  mkdirSync(folder, { recursive: true });
  const file = (name: string) => join(folder, name);

  await openssl(
    ["req", "-x509", ...newKey, "-subj", "/CN=Trilby test authority", "-days", "2"],
    ["-keyout", file("ca.key"), "-out", file("ca.pem")],
  );
  const names = hosts.map((host) => (/^[\d.]+$|:/.test(host) ? `IP:${host}` : `DNS:${host}`));
  await Promise.all([
    sign(folder, "server", hosts[0]!, `subjectAltName=${names.join(",")}\nextendedKeyUsage=serverAuth,clientAuth\n`),
    sign(folder, "client", "client", "extendedKeyUsage=clientAuth\n"),
  ]);
  return {
    caFile: file("ca.pem"),
    serverCertificateFile: file("server.pem"),
    serverKeyFile: file("server.key"),
    clientCertificateFile: file("client.pem"),
    clientKeyFile: file("client.key"),
    ca: readFileSync(file("ca.pem"), "utf8"),
    clientCertificate: readFileSync(file("client.pem"), "utf8"),
    clientKey: readFileSync(file("client.key"), "utf8"),
  };
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

async function sign(folder: string, name: string, commonName: string, extensions: string): Promise<void> {
  const file = (ending: string) => join(folder, `${name}.${ending}`);
  writeFileSync(file("ext"), extensions);
  await openssl(["req", ...newKey, "-subj", `/CN=${commonName}`], ["-keyout", file("key"), "-out", file("csr")]);
  await openssl(
    ["x509", "-req", "-days", "2", "-in", file("csr"), "-extfile", file("ext"), "-out", file("pem")],
    ["-CA", join(folder, "ca.pem"), "-CAkey", join(folder, "ca.key"), "-set_serial", String(Date.now()) + name.length],
  );
}

async function openssl(...parts: string[][]): Promise<void> {
  try {
    await run("openssl", parts.flat());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Error("Test certificates need the openssl command: install openssl", { cause: error });
  }
}

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { NotBuilt, temporaryFolder } from "@trilby/interop-judging";

export interface Certificate {
  /** Its own authority, for `wire.test` and the loopback addresses. */
  readonly certificate: string;
  readonly privateKey: string;
  readonly certificateFile: string;
  readonly privateKeyFile: string;
}

export function makeCertificate(): Certificate {
  const folder = temporaryFolder().path;
  const certificateFile = join(folder, "certificate.pem");
  const privateKeyFile = join(folder, "key.pem");
  const { error, status, stderr } = spawnSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
      ...["-subj", "/CN=wire.test", "-addext", "subjectAltName=DNS:wire.test,DNS:localhost,IP:127.0.0.1"],
      ...["-keyout", privateKeyFile, "-out", certificateFile],
    ],
    { encoding: "utf8" },
  );
  if (error !== undefined) throw new NotBuilt("there is no openssl in PATH: install openssl");
  if (status !== 0) throw new Error(`openssl ended with ${status}: ${stderr}`);
  return {
    certificate: readFileSync(certificateFile, "utf8"),
    privateKey: readFileSync(privateKeyFile, "utf8"),
    certificateFile,
    privateKeyFile,
  };
}

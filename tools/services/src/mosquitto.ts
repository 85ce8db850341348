import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { createCertificates, type Certificates } from "./certificates.ts";
import { exchange } from "./exchange.ts";
import { findProgram } from "./find.ts";
import { startInstalled } from "./installed-service.ts";
import type { MosquittoOptions, Service } from "./service.ts";

const run = promisify(execFile);

export function startMosquitto(options: MosquittoOptions = {}): Promise<Service> {
  const fix = "Install mosquitto, or set TRILBY_MQTT_URL.";
  const program = findProgram("mosquitto", fix, "mosquitto");
  const { password, tls, persistence = true, settings = {} } = options;
  const username = options.username ?? (password === undefined ? undefined : "trilby");
  return startInstalled({
    name: "mosquitto",
    async prepare({ folder, port }) {
      const certificates = tls ? await createCertificates(join(folder, "tls")) : undefined;
      const passwordFile = join(folder, "passwords");
      if (username !== undefined) {
        writeFileSync(passwordFile, "", { mode: 0o600 });
        const tool = findProgram("mosquitto", fix, "mosquitto_passwd", dirname(program));
        await run(tool, ["-b", passwordFile, username, password ?? ""]);
      }
      mkdirSync(join(folder, "data"));
      const lines: [string, string][] = [
        ["listener", `${port} 127.0.0.1`],
        // Started by root it would become another user, who may read nothing here.
        ["user", userInfo().username],
        ["allow_anonymous", String(username === undefined)],
        ...(username === undefined ? [] : [["password_file", passwordFile] satisfies [string, string]]),
        ["persistence", String(persistence)],
        ["persistence_location", `${join(folder, "data")}/`],
        ["autosave_on_changes", "true"],
        ["autosave_interval", "1"],
        // Not buffered, as its stdout is.
        ["log_dest", "stderr"],
        ["log_type", "all"],
      ];
      if (certificates) {
        lines.push(["cafile", certificates.caFile]);
        lines.push(["certfile", certificates.serverCertificateFile], ["keyfile", certificates.serverKeyFile]);
        lines.push(["require_certificate", String(tls === "mutual")]);
      }
      lines.push(...Object.entries(settings));
      const configuration = join(folder, "mosquitto.conf");
      writeFileSync(configuration, lines.map((line) => line.join(" ")).join("\n"));

      const login =
        username === undefined ? "" : `${encodeURIComponent(username)}:${encodeURIComponent(password ?? "")}@`;
      return {
        command: { file: program, arguments: ["-c", configuration] },
        url: `${tls ? "mqtts" : "mqtt"}://${login}127.0.0.1:${port}`,
        certificates,
        probe: () => answersMqtt(port, certificates),
        // It acknowledges first and writes a moment later: SIGKILL in between would lose what it had acknowledged. SIGTERM drops the
        // connections as abruptly, and writes.
        killSignal: persistence ? "SIGTERM" : undefined,
      };
    },
  });
}

/** CONNECT of MQTT 3.1.1 without credentials; any CONNACK will do. */
export async function answersMqtt(port: number, certificates?: Certificates): Promise<boolean> {
  const connect = Buffer.from("\x10\x11\0\x04MQTT\x04\x02\0\x0a\0\x05probe", "latin1");
  return (await exchange(port, connect, certificates))[0] === 0x20;
}

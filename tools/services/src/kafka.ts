import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { createCertificates, type Certificates } from "./certificates.ts";
import { exchange } from "./exchange.ts";
import { cached, findProgram } from "./find.ts";
import { startInstalled, type Place } from "./installed-service.ts";
import { ServiceNotRun, type KafkaOptions, type KafkaService } from "./service.ts";

const run = promisify(execFile);
const root = cached("kafka-4.2.2");
const libraries = join(root, "libs");

/** One node that is broker and controller (KRaft). */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaService> {
  if (!existsSync(libraries)) {
    throw new ServiceNotRun("kafka", "Run tools/services/install/kafka, or set TRILBY_KAFKA_BROKERS.");
  }
  const java = findProgram("kafka", "Install a Java runtime (17 or later), or set TRILBY_KAFKA_BROKERS.", "java");
  const username = options.sasl ? (options.username ?? "trilby") : undefined;
  const password = options.sasl ? (options.password ?? "trilby-secret") : undefined;

  const service = await startInstalled({
    name: "kafka",
    ports: 3,
    async prepare(place) {
      const { folder, port, ports } = place;
      const certificates = options.tls ? await createCertificates(join(folder, "tls")) : undefined;
      const configuration = join(folder, "server.properties");
      const settings = {
        ...basics(place, options),
        ...tls(folder, options, certificates),
        ...sasl(options.sasl, username, password),
      };
      writeFileSync(configuration, properties({ ...settings, ...options.settings }));
      writeFileSync(join(folder, "log4j2.properties"), properties(logging));
      const scram = options.sasl?.startsWith("SCRAM")
        ? `${options.sasl}=[name=${username},password=${password}]`
        : undefined;
      await format(java, folder, configuration, scram);
      return {
        command: {
          file: java,
          arguments: [
            ...[
              "-Xmx256m",
              "-Xms128m",
              "-XX:+UseSerialGC",
              "-XX:TieredStopAtLevel=1",
              "-Djava.net.preferIPv4Stack=true",
            ],
            ...(existsSync(join(root, "classes.jsa")) ? [`-XX:SharedArchiveFile=${join(root, "classes.jsa")}`] : []),
            `-Dlog4j2.configurationFile=${join(folder, "log4j2.properties")}`,
            ...["-cp", join(libraries, "*"), "kafka.Kafka", configuration],
          ],
        },
        url: `127.0.0.1:${port}`,
        certificates,
        startTimeoutMs: 120_000,
        // The listener that has neither TLS nor SASL.
        probe: () => answersKafka(ports[2]!),
      };
    },
  });
  return Object.assign(service, { username, password });
}

function basics({ folder, ports }: Place, { tls, sasl }: KafkaOptions): Record<string, string> {
  const [client, controller, internal] = ports.map((port) => `127.0.0.1:${port}`);
  const protocol = `${sasl ? "SASL_" : ""}${tls ? "SSL" : "PLAINTEXT"}`;
  return {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.voters": `1@${controller}`,
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "INTERNAL",
    listeners: `CLIENT://${client},CONTROLLER://${controller},INTERNAL://${internal}`,
    "advertised.listeners": `CLIENT://${client},INTERNAL://${internal}`,
    "listener.security.protocol.map": `CLIENT:${protocol},CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT`,
    "log.dirs": join(folder, "data"),
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    // After SIGKILL the controller waits for the old broker's session to end before it takes the new one.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "log.cleaner.dedupe.buffer.size": "2097152",
  };
}

function tls(folder: string, options: KafkaOptions, certificates: Certificates | undefined): Record<string, string> {
  if (!certificates) return {};
  const store = join(folder, "tls", "store.pem");
  const parts = [certificates.serverKeyFile, certificates.serverCertificateFile];
  writeFileSync(store, parts.map((file) => readFileSync(file, "utf8")).join(""));
  return {
    "ssl.keystore.type": "PEM",
    "ssl.keystore.location": store,
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": certificates.caFile,
    // Without the listener's name it would not count where SASL is on.
    "listener.name.client.ssl.client.auth": options.tls === "mutual" ? "required" : "none",
  };
}

function sasl(mechanism: KafkaOptions["sasl"], username = "", password = ""): Record<string, string> {
  if (!mechanism) return {};
  const listener = `listener.name.client.${mechanism.toLowerCase()}.sasl.jaas.config`;
  const plain = `org.apache.kafka.common.security.plain.PlainLoginModule required user_${username}="${password}";`;
  const scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
  return {
    "sasl.enabled.mechanisms": mechanism,
    [listener]: mechanism === "PLAIN" ? plain : scram,
  };
}

const logging = {
  "appender.console.type": "Console",
  "appender.console.name": "console",
  "appender.console.layout.type": "PatternLayout",
  "appender.console.layout.pattern": "%d %p %m (%c)%n",
  "rootLogger.level": "warn",
  "rootLogger.appenderRef.console.ref": "console",
};

function properties(settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
}

// A formatted folder names no port or path and costs a start of Java: one is kept for each set of users.
async function format(java: string, folder: string, configuration: string, scram: string | undefined): Promise<void> {
  const data = join(folder, "data");
  const kept = join(
    root,
    `formatted-${createHash("sha256")
      .update(scram ?? "")
      .digest("hex")
      .slice(0, 12)}`,
  );
  if (!existsSync(kept)) {
    const words = [
      "format",
      "-t",
      "dHJpbGJ5LXRlc3QtbG9nAA",
      "-c",
      configuration,
      ...(scram ? ["--add-scram", scram] : []),
    ];
    await run(java, [
      "-XX:TieredStopAtLevel=1",
      "-XX:+UseSerialGC",
      "-cp",
      join(libraries, "*"),
      "kafka.tools.StorageTool",
      ...words,
    ]);
    const part = `${kept}.${randomUUID()}`;
    cpSync(data, part, { recursive: true });
    rmSync(data, { recursive: true });
    try {
      renameSync(part, kept);
    } catch {
      // Another process was first.
      rmSync(part, { recursive: true, force: true });
    }
  }
  mkdirSync(data);
  cpSync(kept, data, { recursive: true });
}

/** A broker that lists itself takes produce and fetch requests. */
export async function answersKafka(port: number): Promise<boolean> {
  // Metadata, version 1, about no topic. Answered with length, correlation id, then the number of brokers.
  const request = Buffer.from([0, 0, 0, 19, 0, 3, 0, 1, 0, 0, 0, 7, 0, 5, ...Buffer.from("probe"), 0, 0, 0, 0]);
  const answer = await exchange(port, request);
  return answer.length >= 12 && answer.readInt32BE(8) > 0;
}

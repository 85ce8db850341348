import type { Certificates } from "./certificates.ts";

export type Source = "environment" | "testcontainers" | "installed";

/** A server a test may talk to, and break. */
export interface Service {
  readonly name: ServiceName;
  readonly source: Source;
  readonly host: string;
  readonly port: number;
  /** `host:port` */
  readonly address: string;
  /** As the backend's usual clients take it: `redis://...`, `postgres://...`, `mqtt://...`, `host:port` for Kafka, `http://...` for Vault. */
  readonly url: string;
  /** Of the server's process on this machine; undefined for other sources and while it is not running. */
  readonly pid: number | undefined;
  /** The certificates the server was started with, when it was started with `tls`. */
  readonly certificates: Certificates | undefined;
  /** Ends the server and removes its data. Never throws on a server that is already gone. */
  stop(): Promise<void>;
  /** SIGKILL (see `persistence` of Mosquitto). Resolves when the process is gone; data and port stay reserved for `restart`. */
  kill(): Promise<void>;
  /** Starts again on the same port with the same data (ended gracefully first where it still runs). Resolves when it answers. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): Promise<void>;
  /** SIGCONT */
  resume(): Promise<void>;
  /** What the server has printed so far. */
  log(): string;
}

/** Options every service takes. */
export interface CommonOptions {
  /** The suite kills, restarts or pauses the server: an address from the environment is then not used. */
  killable?: boolean;
  /** Extra lines of the server's own configuration, by its own names. */
  settings?: Record<string, string>;
}

export interface RedisOptions extends CommonOptions {
  password?: string;
  /** `server`: clients check the server. `mutual`: the server asks for the client's certificate too. */
  tls?: TlsMode;
  /** Starts as a replica of this one. */
  replicaOf?: Service;
}

export interface PostgresOptions extends CommonOptions {
  tls?: TlsMode;
}

export interface MosquittoOptions extends CommonOptions {
  /** Anonymous clients are refused when set. */
  username?: string;
  password?: string;
  tls?: TlsMode;
  /**
   * Keeps messages and sessions over a restart; slow for thousands of messages. Default true, and `kill` is then SIGTERM: by SIGKILL
   * Mosquitto forgets what it acknowledged in the last moment. Without persistence it is SIGKILL.
   */
  persistence?: boolean;
}

export interface KafkaOptions extends CommonOptions {
  tls?: TlsMode;
  /** User `trilby`, password `trilby-secret` unless given. */
  sasl?: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512";
  username?: string;
  password?: string;
}

export interface VaultOptions extends CommonOptions {
  /** `dev` (default) forgets everything when it ends; `file` is a real server that keeps its data and can be sealed. */
  storage?: "dev" | "file";
  /** Needs `storage: "file"`. */
  tls?: "server";
}

export type TlsMode = "server" | "mutual";

export interface RedisCluster extends Service {
  /** Three primaries; `host` and `port` above are the first one's. */
  readonly nodes: readonly Service[];
}

export interface RedisSentinel extends Service {
  /** What clients call the primary. `host` and `port` above are the first sentinel's. */
  readonly primaryName: string;
  readonly sentinels: readonly Service[];
  readonly primary: Service;
  readonly replica: Service;
}

export interface KafkaService extends Service {
  readonly username: string | undefined;
  readonly password: string | undefined;
}

export interface VaultService extends Service {
  readonly token: string;
  /** `storage: "file"` only. A sealed Vault answers 503 to everything. */
  seal(): Promise<void>;
  unseal(): Promise<void>;
}

export interface ServiceTable {
  redis: { options: RedisOptions; service: Service };
  /** Redis with Search and JSON. */
  "redis-stack": { options: RedisOptions; service: Service };
  "redis-cluster": { options: CommonOptions; service: RedisCluster };
  "redis-sentinel": { options: CommonOptions; service: RedisSentinel };
  postgres: { options: PostgresOptions; service: Service };
  mosquitto: { options: MosquittoOptions; service: Service };
  kafka: { options: KafkaOptions; service: KafkaService };
  vault: { options: VaultOptions; service: VaultService };
}

export type ServiceName = keyof ServiceTable;
export type ServiceOptions<Name extends ServiceName> = ServiceTable[Name]["options"];
export type ServiceOf<Name extends ServiceName> = ServiceTable[Name]["service"];

/** The server cannot be had here. Its tests are not run, and say so. */
export class ServiceNotRun extends Error {
  override name = "ServiceNotRun";
  readonly service: ServiceName;

  constructor(service: ServiceName, fix: string) {
    super(`${service}: no server here. ${fix}`);
    this.service = service;
  }
}

/** A fault was asked of a server that is not ours to break. */
export class NotRunnable extends Error {
  override name = "NotRunnable";

  constructor(service: ServiceName, action: string) {
    super(
      `${service}: cannot ${action} a server whose address came from the environment. ` +
        "Pass { killable: true } so that the suite starts its own.",
    );
  }
}

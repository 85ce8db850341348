import { startService, type KafkaService, type Service, type VaultService } from "@trilby/services";
import type { Undo } from "./undo.ts";

export interface Backends {
  readonly redis: Service;
  readonly postgres: Service;
  readonly kafka: KafkaService;
  readonly mosquitto: Service;
  readonly vault: VaultService;
}

/** The servers that both daemons use. Throws `ServiceNotRun` when one cannot be had. */
export async function startBackends(undo: Undo): Promise<Backends> {
  const start = async <Name extends "redis" | "postgres" | "kafka" | "mosquitto" | "vault">(name: Name) => {
    const service = await startService(name, { killable: true });
    undo.push(() => service.stop());
    return service;
  };
  const kafka = start("kafka");
  const [redis, postgres, mosquitto, vault] = [
    await start("redis"),
    await start("postgres"),
    await start("mosquitto"),
    await start("vault"),
  ];
  return { redis, postgres, mosquitto, vault, kafka: await kafka };
}

import { type KafkaService, ServiceNotRun, startService, type Service } from "@trilby/services";

export interface Backends {
  readonly redis: Service;
  readonly mosquitto: Service;
  /** Undefined where it cannot be had, or is not wanted. */
  readonly kafka: KafkaService | undefined;
  stop(): Promise<void>;
}

/** The servers behind the components. Throws `ServiceNotRun` when one cannot be had without which nothing goes. */
export async function startBackends(noKafka: (why: string) => void): Promise<Backends> {
  const started: Service[] = [];
  const start = async <Kept extends Service>(starting: Promise<Kept>): Promise<Kept> => {
    const service = await starting;
    started.push(service);
    return service;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((service) => service.stop()));
  };
  try {
    const [redis, mosquitto, kafka] = await Promise.all([
      start(startService("redis")),
      start(startService("mosquitto")),
      start(startService("kafka")).catch((error: unknown) => {
        if (!(error instanceof ServiceNotRun)) throw error;
        noKafka(error.message);
        return undefined;
      }),
    ]);
    return { redis, mosquitto, kafka, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

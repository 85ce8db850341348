import { startService, type Service } from "@trilby/services";

export interface Backends {
  readonly redis: Service;
  readonly mosquitto: Service;
  stop(): Promise<void>;
}

/** The servers behind the components. Throws `ServiceNotRun` when one cannot be had. */
export async function startBackends(): Promise<Backends> {
  const redis = await startService("redis");
  try {
    const mosquitto = await startService("mosquitto");
    return {
      redis,
      mosquitto,
      async stop() {
        await mosquitto.stop();
        await redis.stop();
      },
    };
  } catch (error) {
    await redis.stop();
    throw error;
  }
}

import { ComponentError, type Binding, type DeliverEvent, type OpenContext, type Reader } from "@trilby/kit";
import type { MqttOptions } from "./fields.ts";
import { createPublisher } from "./publisher.ts";
import { startReader, type RunningReader } from "./reader.ts";

export function openMqttBinding(options: MqttOptions, { logger, directions }: OpenContext): Binding {
  const publisher = createPublisher(options, logger);
  let current: Reading | undefined;

  async function read(deliver: DeliverEvent): Promise<Reader> {
    // A broker takes one connection of a name: a second reader would throw the first one out. One that is closing is waited for.
    if (current)
      await Promise.race([current.over.promise, new Promise((resolve) => setTimeout(resolve, closingLimitMs))]);
    if (current) {
      const problem = `${options.topic} is being read already: close the other reader first`;
      throw new ComponentError("failed-precondition", problem);
    }
    const reading: Reading = { starting: startReader(options, deliver, logger), over: Promise.withResolvers() };
    current = reading;
    const end = () => {
      if (current === reading) current = undefined;
      reading.over.resolve();
    };
    try {
      const reader = await reading.starting;
      return { close: () => reader.close().finally(end) };
    } catch (error) {
      end();
      throw error;
    }
  }

  return {
    ...(directions.includes("input") && { read }),
    ...(directions.includes("output") && {
      operations: ["create"],
      async invoke({ data, metadata }, call) {
        await publisher.publish(metadata["topic"] || options.topic, data, call?.signal);
        return undefined;
      },
    }),
    async ping({ signal } = {}) {
      const link = directions.includes("output") || !current ? publisher : await current.starting;
      await link.connected(pingLimitMs, signal);
    },
    async close() {
      const reader = await current?.starting.catch(() => undefined);
      await reader?.close();
      await publisher.close();
    },
  };
}

interface Reading {
  readonly starting: Promise<RunningReader>;
  readonly over: PromiseWithResolvers<void>;
}

const pingLimitMs = 5_000;
const closingLimitMs = 2_000;

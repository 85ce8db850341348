import { randomUUID } from "node:crypto";
import { openComponent, type Deliver, type Logger, type Message, type OpenedComponent, type PubSub } from "@trilby/kit";
import kafka from "@trilby/pubsub-kafka";
import { afterEach } from "vitest";

const opened = new Set<OpenedComponent<"pubsub">>();

/** A component that is closed after the test. */
export async function open(properties: Record<string, string>, logger?: Logger): Promise<OpenedComponent<"pubsub">> {
  const component = await openComponent(kafka, { name: "test", properties, ...(logger && { logger }) });
  opened.add(component);
  return component;
}

/** Without authentication; in a group of its own, unless `properties` names one. */
export async function openBroker(
  brokers: string,
  properties: Record<string, string> = {},
  logger?: Logger,
): Promise<PubSub & { close(): Promise<void> }> {
  const all = { brokers, authType: "none", consumerID: randomUUID(), ...properties };
  const component = await open(all, logger);
  return { ...component.instance, close: () => component.close() };
}

afterEach(async () => {
  await Promise.all([...opened].map((component) => component.close()));
  opened.clear();
});

export const topicName = (): string => `t-${randomUUID()}`;

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (data: Uint8Array): string => new TextDecoder().decode(data);

export interface Inbox {
  readonly messages: Message[];
  readonly texts: string[];
  readonly deliver: Deliver;
}

/** Takes everything, or what `handle` does not refuse. */
export function inbox(handle: (message: Message) => Promise<void> | void = () => {}): Inbox {
  const messages: Message[] = [];
  return {
    messages,
    get texts() {
      return messages.map(({ data }) => textOf(data));
    },
    async deliver(message) {
      await handle(message);
      messages.push(message);
    },
  };
}

export interface Recorded {
  readonly logger: Logger;
  readonly lines: { readonly level: string; readonly message: string }[];
}

export function recordingLogger(): Recorded {
  const lines: Recorded["lines"] = [];
  const at = (level: string) => (message: string) => void lines.push({ level, message });
  return { lines, logger: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") } };
}

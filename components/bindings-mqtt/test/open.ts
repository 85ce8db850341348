import { randomUUID } from "node:crypto";
import mqttBinding from "@trilby/bindings-mqtt";
import {
  openComponent,
  type Binding,
  type BindingEvent,
  type DeliverEvent,
  type Logger,
  type OpenedComponent,
} from "@trilby/kit";
import { afterEach } from "vitest";

const opened = new Set<OpenedComponent<"bindings">>();

export type OpenBinding = Binding & Required<Pick<Binding, "invoke" | "read" | "ping">>;

/** A binding in both directions that is closed after the test, with names of its own unless `properties` has them. */
export async function openBinding(
  url: string,
  properties: Record<string, string> = {},
  logger?: Logger,
): Promise<OpenBinding> {
  const all = { url, topic: topicName(), consumerID: randomUUID(), ...properties };
  const component = await openComponent(mqttBinding, { name: "test", properties: all, ...(logger && { logger }) });
  opened.add(component);
  return component.instance as OpenBinding;
}

afterEach(async () => {
  await Promise.all([...opened].map((component) => component.close()));
  opened.clear();
});

export const topicName = (): string => `t/${randomUUID()}`;
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (data: Uint8Array): string => new TextDecoder().decode(data);
export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export function create(binding: OpenBinding, data: string, metadata: Record<string, string> = {}): Promise<unknown> {
  return binding.invoke({ operation: "create", data: bytes(data), metadata });
}

export interface Inbox {
  readonly events: BindingEvent[];
  readonly texts: string[];
  readonly deliver: DeliverEvent;
}

/** Takes everything, or what `handle` does not refuse. */
export function inbox(handle: (event: BindingEvent) => Promise<void> | void = () => {}): Inbox {
  const events: BindingEvent[] = [];
  return {
    events,
    get texts() {
      return events.map(({ data }) => textOf(data));
    },
    async deliver(event) {
      await handle(event);
      events.push(event);
      return new Uint8Array();
    },
  };
}

export function recordingLogger(): { logger: Logger; lines: { level: string; message: string }[] } {
  const lines: { level: string; message: string }[] = [];
  const at = (level: string) => (message: string) => void lines.push({ level, message });
  return { lines, logger: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") } };
}

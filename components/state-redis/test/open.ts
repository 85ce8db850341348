import { openComponent, type Logger, type OpenedComponent } from "@trilby/kit";
import redis from "@trilby/state-redis";
import { afterEach } from "vitest";

type Opened = OpenedComponent<"state">;

const opened = new Set<Opened>();

/** A component that is closed after the test. */
export async function open(properties: Record<string, string>, logger?: Logger): Promise<Opened> {
  const component = await openComponent(redis, { name: "test", properties, ...(logger && { logger }) });
  opened.add(component);
  return component;
}

export async function openStore(properties: Record<string, string>, logger?: Logger): Promise<Opened["instance"]> {
  return (await open(properties, logger)).instance;
}

export async function closeStores(): Promise<void> {
  for (const component of opened) await component.close();
  opened.clear();
}

afterEach(closeStores);

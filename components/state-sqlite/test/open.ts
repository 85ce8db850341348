import { openComponent, type Logger, type OpenedComponent } from "@trilby/kit";
import sqlite from "@trilby/state-sqlite";
import { afterEach } from "vitest";

type Opened = OpenedComponent<"state">;

const opened = new Set<Opened>();

/** A store that is closed after the test. */
export async function openStore(properties: Record<string, string>, logger?: Logger): Promise<Opened["instance"]> {
  const component = await openComponent(sqlite, { name: "test", properties, ...(logger && { logger }) });
  opened.add(component);
  return component.instance;
}

export async function closeStores(): Promise<void> {
  for (const component of opened) await component.close();
  opened.clear();
}

afterEach(closeStores);

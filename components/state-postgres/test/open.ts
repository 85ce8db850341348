import { openComponent, type Logger, type OpenedComponent } from "@trilby/kit";
import { postgresqlV1, postgresqlV2 } from "@trilby/state-postgres";
import { afterEach } from "vitest";

type Opened = OpenedComponent<"state">;
export type Version = "v1" | "v2";

const definitions = { v1: postgresqlV1, v2: postgresqlV2 };
const opened = new Set<Opened>();

/** A component that is closed after the test. */
export async function open(version: Version, properties: Record<string, string>, logger?: Logger): Promise<Opened> {
  const component = await openComponent(definitions[version], { name: "test", properties, ...(logger && { logger }) });
  opened.add(component);
  return component;
}

export async function openStore(
  version: Version,
  properties: Record<string, string>,
  logger?: Logger,
): Promise<Opened["instance"]> {
  return (await open(version, properties, logger)).instance;
}

export async function closeStores(): Promise<void> {
  for (const component of opened) await component.close();
  opened.clear();
}

afterEach(closeStores);

import { decodeMetadata, type Logger, type StateStore } from "@trilby/kit";
import sqlite from "@trilby/state-sqlite";
import { afterEach } from "vitest";

const opened: StateStore[] = [];
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** A store that is closed after the test. */
export async function openStore(properties: Record<string, string>, logger = silent): Promise<StateStore> {
  const options = decodeMetadata(sqlite, properties);
  const context = { name: "test", logger, signal: new AbortController().signal, directions: [] };
  const store = await sqlite.open(options, context);
  opened.push(store);
  return store;
}

export async function closeStore(store: StateStore): Promise<void> {
  opened.splice(opened.indexOf(store), 1);
  await store.close();
}

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

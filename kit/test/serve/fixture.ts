import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ComponentDefinition } from "@trilby/kit";
import { startServing } from "@trilby/kit/serve";
import type { Serving, ServingSettings } from "@trilby/kit/serve";
import { connect } from "@trilby/kit/transport";
import type { Channel } from "@trilby/kit/transport";
import { temporaryFolder } from "../transport/fixture.ts";

/** Serves the definitions on a fresh socket in this process, with a channel to it. */
export async function served(
  definitions: readonly ComponentDefinition[],
  settings: Partial<ServingSettings> = {},
): Promise<{ path: string; serving: Serving; channel: Channel }> {
  const path = join(await temporaryFolder(), "component.sock");
  const serving = await startServing(definitions, { sockets: [path], ...settings });
  onTestFinished(() => serving.close(0));
  return { path, serving, channel: await channelTo(path) };
}

export async function channelTo(path: string): Promise<Channel> {
  const channel = await connect({ path });
  onTestFinished(() => channel.close());
  return channel;
}

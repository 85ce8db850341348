import type { Kind } from "@trilby/kit";
import { lstatSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";

export type FoundSocket =
  | { readonly status: "live"; readonly path: string; readonly services: readonly string[] }
  /** There is such a socket, but it cannot be used: why, in words for people. */
  | { readonly status: "unusable"; readonly path: string; readonly reason: string }
  | { readonly status: "none" };

const serviceNames: Readonly<Record<Kind, readonly string[]>> = {
  state: ["StateStore"],
  pubsub: ["PubSub"],
  bindings: ["InputBinding", "OutputBinding"],
  secretstores: ["SecretStore"],
};

/** The services of a component that make up a kind, out of all that it has. */
export function servicesOf(kind: Kind, services: readonly string[]): readonly string[] {
  return serviceNames[kind].filter((name) => services.includes(`dapr.proto.components.v1.${name}`));
}

/**
 * Looks for a socket whose file name, without its last extension, is the component's name, and asks it for its services.
 * Other sockets in the folder are not touched, so that a dead or hanging one holds up nobody else.
 */
export async function findSocket(folder: string, kind: Kind, name: string, timeoutMs: number): Promise<FoundSocket> {
  const candidates = filesIn(folder)
    .filter((file) => stem(file).toLowerCase() === name)
    .sort();
  let unusable: FoundSocket = { status: "none" };
  for (const file of candidates) {
    const path = join(folder, file);
    if (!isSocket(path)) continue;
    const found = await probeSocket(path, kind, timeoutMs);
    if (found.status === "live") return found;
    unusable = found;
  }
  return unusable;
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isSocket(path: string): boolean {
  try {
    return lstatSync(path).isSocket();
  } catch {
    return false;
  }
}

/** Whether somebody serves components of a kind on a socket. */
export async function probeSocket(path: string, kind: Kind, timeoutMs: number): Promise<FoundSocket> {
  const [{ connect }, { reflect }] = await Promise.all([import("@trilby/kit/transport"), import("./reflection.ts")]);
  let channel: Awaited<ReturnType<typeof connect>> | undefined;
  try {
    await refuseDeadSocket(path);
    channel = await connect({ path });
    const { services, end } = await reflect(channel, AbortSignal.timeout(timeoutMs));
    end();
    if (servicesOf(kind, services).length > 0) return { status: "live", path, services };
    return { status: "unusable", path, reason: `it does not serve ${serviceNames[kind].join(" or ")}` };
  } catch (error) {
    return { status: "unusable", path, reason: unusableReason(error, timeoutMs) };
  } finally {
    channel?.close();
  }
}

/** Tells at once what a gRPC channel would try again and again until the deadline. */
async function refuseDeadSocket(path: string): Promise<void> {
  const { connect } = await import("node:net");
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", (error: NodeJS.ErrnoException) => reject(new Error(deadReason(error))));
  });
}

function unusableReason(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === "TimeoutError" ? `it did not say within ${timeoutMs} ms which services it has` : error.message;
}

function deadReason(error: NodeJS.ErrnoException): string {
  if (error.code === "ECONNREFUSED") return "nobody serves it: its process is gone and left the file behind";
  if (error.code === "ENOENT") return "there is no such socket";
  if (error.code === "EACCES") return "this user may not open it";
  return error.message;
}

function stem(file: string): string {
  const extension = extname(file);
  return extension === "" ? file : file.slice(0, -extension.length);
}

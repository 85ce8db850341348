import type { Service, ServiceName } from "./service.ts";

export async function startContainer(_name: ServiceName): Promise<Service | undefined> {
  return undefined;
}

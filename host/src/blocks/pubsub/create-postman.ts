import type { AppChannel } from "../../app/channel.ts";
import { createGrpcPostman } from "./grpc-postman.ts";
import { createHttpPostman } from "./http-postman.ts";
import type { Postman } from "./postman.ts";

/** The postman that speaks as the application does. */
export function createPostman(channel: AppChannel, pubsubName: string, path: string): Postman {
  return channel.kind === "http"
    ? createHttpPostman(channel, pubsubName, path)
    : createGrpcPostman(channel, pubsubName, path);
}

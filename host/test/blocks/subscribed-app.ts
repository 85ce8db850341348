import { onTestFinished } from "vitest";

import { startGrpcApp, type GrpcApp, type GrpcHandlers } from "../app/grpc-app.ts";
import { startHttpApp, type Handler, type HttpApp } from "../app/http-app.ts";
import { openSetting, type Setting, type SettingOptions } from "./subscribe.ts";

/** A host with an application that answers over HTTP, until the test ends. */
export async function openHttp(
  handlers: Record<string, Handler>,
  { appOptions, ...options }: Omit<SettingOptions, "port"> & { appOptions?: { h2c?: boolean } } = {},
): Promise<Setting & { app: HttpApp }> {
  const app = untilFinished(await startHttpApp(handlers, appOptions));
  return { ...untilFinished(await openSetting({ ...options, port: app.port })), app };
}

/** The same over gRPC. */
export async function openGrpc(
  handlers: GrpcHandlers,
  options: Omit<SettingOptions, "port"> = {},
): Promise<Setting & { app: GrpcApp }> {
  const app = untilFinished(await startGrpcApp(handlers));
  const setting = await openSetting({ ...options, port: app.port, app: { protocol: "grpc", ...options.app } });
  return { ...untilFinished(setting), app };
}

/** Closed when the test ends; what was opened last goes first. */
export function untilFinished<Opened extends { close(): unknown }>(opened: Opened): Opened {
  onTestFinished(async () => {
    await opened.close();
  });
  return opened;
}

export function jsonEvent(members: object = {}): object {
  return {
    id: "1",
    source: "s",
    type: "t",
    specversion: "1.0",
    datacontenttype: "application/json",
    data: { a: 1 },
    ...members,
  };
}

import { createHttp1Server, type Http1Request } from "@trilby/wire/http1";

import type { Metrics } from "../metrics.ts";

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves the metrics on any path. Rejects when it cannot listen. */
export async function serveMetrics(metrics: Metrics, address: { host: string; port: number }): Promise<MetricsServer> {
  const answer = (request: Http1Request): void => {
    metrics.render().then(
      (page) => request.respond(200, ["Content-Type", "text/plain; version=0.0.4; charset=utf-8"], page),
      (error: unknown) => request.respond(500, ["Content-Type", "text/plain; charset=utf-8"], String(error)),
    );
  };
  const server = createHttp1Server({ handle: answer });
  const { listener } = server;
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(address.port, address.host, () => {
      listener.removeListener("error", reject);
      listener.on("error", () => {});
      resolve();
    });
  });
  const bound = listener.address();
  return {
    port: typeof bound === "object" && bound !== null ? bound.port : address.port,
    close: () => server.close(0),
  };
}

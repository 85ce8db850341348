import type { HttpExchange, HttpRoute } from "../../api/http/route.ts";
import { noSuchApp, unconfigured } from "./answers.ts";

export const anyMethod: HttpRoute["methods"] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"];

/** Service invocation, which also takes every request that no route takes. */
export const invokeRoute: HttpRoute = {
  methods: [],
  path: "",
  name: "InvokeService",
  api: { group: "invoke", version: "v1" },
  handle(exchange) {
    const id = targetId(exchange);
    throw id === "" ? unconfigured("noAppId") : noSuchApp(id);
  },
};

/** The callee: by header, by Basic auth, or by the path `/v1.0/invoke/{id}/method/...`, in that order. */
function targetId(exchange: HttpExchange): string {
  const header = exchange.header("dapr-app-id");
  if (header !== undefined && header !== "") return header;
  const basic = /^Basic (\S+)$/i.exec(exchange.header("authorization") ?? "");
  if (basic !== null) {
    const [user, ...password] = Buffer.from(basic[1]!, "base64").toString("utf8").split(":");
    if (user?.toLowerCase() === "dapr-app-id" && password.join(":") !== "") return password.join(":");
  }
  return /^\/v1\.0\/invoke\/(.+?)\/method(?:\/|$)/.exec(exchange.path)?.[1] ?? "";
}

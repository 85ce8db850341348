import type { HttpExchange, HttpRoute } from "../../api/http/route.ts";
import type { ApiName } from "../../api/name.ts";
import { noConversation, noExpiry, unconfigured } from "./answers.ts";
import { checkJsonBody, readMessage } from "./body.ts";
import { anyMethod, invokeRoute } from "./invoke.ts";
import { jobBodyProblem, noScheduler, type JobIdentity } from "./jobs.ts";

type Method = HttpRoute["methods"][number];

/** The routes of blocks that nothing is configured for. A body that is no JSON is told first, as in Dapr. */
export function unconfiguredRoutes(identity: JobIdentity): HttpRoute[] {
  return [
    ...configuration(),
    ...lock(),
    ...crypto(),
    ...actors(),
    ...workflows(),
    ...jobs(identity),
    ...conversation(),
    { ...invokeRoute, methods: anyMethod, path: "/v1.0/invoke/{rest...}" },
  ];
}

function configuration(): HttpRoute[] {
  const answer = (): never => {
    throw unconfigured("configuration");
  };
  return versions({ "v1.0": "v1", "v1.0-alpha1": "v1alpha1" }, "configuration", (prefix, api) => [
    route(["GET"], `${prefix}/configuration/{store}`, "GetConfiguration", api, answer),
    route(["GET"], `${prefix}/configuration/{store}/subscribe`, "SubscribeConfiguration", api, answer),
    route(["GET"], `${prefix}/configuration/{store}/{id}/unsubscribe`, "UnsubscribeConfiguration", api, answer),
  ]);
}

function lock(): HttpRoute[] {
  const take = async (exchange: HttpExchange): Promise<void> => {
    const { expiryInSeconds, expiry_in_seconds } = readMessage(await exchange.body());
    throw Number(expiryInSeconds ?? expiry_in_seconds ?? 0) > 0 ? unconfigured("lock") : noExpiry(exchange.param(0));
  };
  const release = async (exchange: HttpExchange): Promise<void> => {
    readMessage(await exchange.body());
    throw unconfigured("lock");
  };
  return [
    route(["POST"], "/v1.0-alpha1/lock/{store}", "TryLock", { group: "lock", version: "v1alpha1" }, take),
    route(["POST"], "/v1.0-alpha1/unlock/{store}", "Unlock", { group: "unlock", version: "v1alpha1" }, release),
  ];
}

function crypto(): HttpRoute[] {
  const api: ApiName = { group: "crypto", version: "v1alpha1" };
  const subtle: ApiName = { group: "subtlecrypto", version: "v1alpha1" };
  const answer = (): never => {
    throw unconfigured("crypto");
  };
  const answerSubtle = async (exchange: HttpExchange): Promise<void> => {
    readMessage(await exchange.body());
    throw unconfigured("subtleCrypto");
  };
  const operations = {
    getkey: "SubtleGetKey",
    encrypt: "SubtleEncrypt",
    decrypt: "SubtleDecrypt",
    wrapkey: "SubtleWrapKey",
    unwrapkey: "SubtleUnwrapKey",
    sign: "SubtleSign",
    verify: "SubtleVerify",
  };
  return [
    route(["PUT"], "/v1.0-alpha1/crypto/{component}/encrypt", "Encrypt", api, answer),
    route(["PUT"], "/v1.0-alpha1/crypto/{component}/decrypt", "Decrypt", api, answer),
    ...Object.entries(operations).map(([path, name]) =>
      route(["POST"], `/v1.0-alpha1/subtlecrypto/{component}/${path}`, name, subtle, answerSubtle),
    ),
  ];
}

function actors(): HttpRoute[] {
  const api: ApiName = { group: "actors", version: "v1" };
  const base = "/v1.0/actors/{type}/{id}";
  const answer = (): never => {
    throw unconfigured("actors");
  };
  const answerJson = async (exchange: HttpExchange): Promise<void> => {
    checkJsonBody(await exchange.body());
    throw unconfigured("actors");
  };
  return [
    route(["POST", "PUT"], `${base}/state`, "ExecuteActorStateTransaction", api, answerJson),
    route(["GET", "POST", "DELETE", "PUT"], `${base}/method/{method}`, "InvokeActor", api, answer),
    route(["GET"], `${base}/state/{key}`, "GetActorState", api, answer),
    route(["POST", "PUT"], `${base}/reminders/{name}`, "RegisterActorReminder", api, answerJson),
    route(["GET"], `${base}/reminders/{name}`, "GetActorReminder", api, answer),
    route(["DELETE"], `${base}/reminders/{name}`, "UnregisterActorReminder", api, answer),
    route(["POST", "PUT"], `${base}/timers/{name}`, "RegisterActorTimer", api, answerJson),
    route(["DELETE"], `${base}/timers/{name}`, "UnregisterActorTimer", api, answer),
  ];
}

function workflows(): HttpRoute[] {
  const answer = (): never => {
    throw unconfigured("actors");
  };
  return versions({ "v1.0": "v1", "v1.0-beta1": "v1beta1", "v1.0-alpha1": "v1alpha1" }, "workflows", (prefix, api) => [
    route(["GET"], `${prefix}/workflows/{component}/{id}`, "GetWorkflow", api, answer),
    route(["POST"], `${prefix}/workflows/{component}/{id}/raiseEvent/{event}`, "RaiseEventWorkflow", api, answer),
    route(["POST"], `${prefix}/workflows/{component}/{name}/start`, "StartWorkflow", api, answer),
    ...["pause", "resume", "terminate", "purge"].map((command) =>
      route(
        ["POST"],
        `${prefix}/workflows/{component}/{id}/${command}`,
        `${command[0]!.toUpperCase()}${command.slice(1)}Workflow`,
        api,
        answer,
      ),
    ),
  ]);
}

function jobs(identity: JobIdentity): HttpRoute[] {
  return versions({ "v1.0": "v1", "v1.0-alpha1": "v1alpha1" }, "jobs", (prefix, api) => [
    route(["POST"], `${prefix}/jobs/{name}`, "ScheduleJob", api, async (exchange) => {
      throw jobBodyProblem(readMessage(await exchange.body()), identity) ?? noScheduler("schedule", identity);
    }),
    route(["GET"], `${prefix}/jobs/{name}`, "GetJob", api, () => {
      throw noScheduler("get", identity);
    }),
    route(["DELETE"], `${prefix}/jobs/{name}`, "DeleteJob", api, () => {
      throw noScheduler("delete", identity);
    }),
  ]);
}

function conversation(): HttpRoute[] {
  return versions({ "v1.0-alpha1": "v1alpha1", "v1.0-alpha2": "v1alpha2" }, "conversation", (prefix, api) => [
    route(["POST"], `${prefix}/conversation/{name}/converse`, "Converse", api, async (exchange) => {
      readMessage(await exchange.body());
      throw noConversation(exchange.param(0));
    }),
  ]);
}

function versions(
  map: Readonly<Record<string, ApiName["version"]>>,
  group: string,
  make: (prefix: string, api: ApiName) => HttpRoute[],
): HttpRoute[] {
  return Object.entries(map).flatMap(([version, name]) => make(`/${version}`, { group, version: name }));
}

function route(
  methods: readonly Method[],
  path: string,
  name: string,
  api: ApiName,
  handle: HttpRoute["handle"],
): HttpRoute {
  return { methods, path, name, api, handle };
}

import type { Call, Metadata, Secret } from "@trilby/kit";
import { RpcCode } from "@trilby/kit/transport";

import { ApiError } from "../../api/error.ts";
import { quoteJson } from "../../api/json/escape.ts";
import type { ComponentRegistry, LoadedComponent } from "../../components/registry.ts";
import type { Metrics, OperationMetric } from "../../observability/metrics.ts";
import { isKindConfigured, notReady } from "../not-ready.ts";

/** Secrets as the API gives them out. Throws the API's errors. */
export interface Secrets {
  get(store: string, name: string, metadata: Metadata, call: Call): Promise<Secret>;
  /** Without the secrets that the scopes deny. */
  bulkGet(store: string, metadata: Metadata, call: Call): Promise<Readonly<Record<string, Secret>>>;
}

interface OpenSecretStore {
  readonly instance: LoadedComponent<"secretstores">["instance"];
  readonly get: OperationMetric;
  readonly bulkGet: OperationMetric;
}

export function createSecrets(
  registry: ComponentRegistry,
  metrics: Metrics,
  isAllowed: (store: string, secret: string) => boolean,
): Secrets {
  const stores = new Map<string, OpenSecretStore>();
  registry.onLoad("secretstores", ({ name, instance }) => {
    stores.set(name, {
      instance,
      get: metrics.componentOperation("secret", name, "get"),
      bulkGet: metrics.componentOperation("secret", name, "bulk_get"),
    });
  });
  registry.onUnload("secretstores", ({ name }) => void stores.delete(name));

  const find = (name: string): OpenSecretStore => {
    const store = stores.get(name);
    if (store !== undefined) return store;
    const error = notReady(registry, "secretstores", name);
    if (error !== undefined) throw error;
    if (!isKindConfigured(registry, "secretstores")) {
      throw problem(
        500,
        RpcCode.FAILED_PRECONDITION,
        "ERR_SECRET_STORES_NOT_CONFIGURED",
        "secret store is not configured",
      );
    }
    throw problem(
      401,
      RpcCode.INVALID_ARGUMENT,
      "ERR_SECRET_STORE_NOT_FOUND",
      `failed finding secret store with key ${name}`,
    );
  };

  return {
    async get(store, name, metadata, call) {
      const { instance, get } = find(store);
      if (!isAllowed(store, name)) {
        throw problem(
          403,
          RpcCode.PERMISSION_DENIED,
          "ERR_PERMISSION_DENIED",
          `access denied by policy to get ${quote(name)} from ${quote(store)}`,
        );
      }
      return measured(
        get,
        () => instance.get({ name, metadata }, call),
        (text, cause) =>
          problem(
            500,
            RpcCode.INTERNAL,
            "ERR_SECRET_GET",
            `failed getting secret with key ${name} from secret store ${store}: ${text}`,
            cause,
          ),
      );
    },
    async bulkGet(store, metadata, call) {
      const { instance, bulkGet } = find(store);
      const all = await measured(
        bulkGet,
        () => instance.bulkGet(metadata, call),
        (text, cause) =>
          problem(
            500,
            RpcCode.INTERNAL,
            "ERR_SECRET_GET",
            `failed getting secrets from secret store ${store}: ${text}`,
            cause,
          ),
      );
      return Object.fromEntries(Object.entries(all).filter(([name]) => isAllowed(store, name)));
    },
  };
}

async function measured<T>(
  metric: OperationMetric,
  work: () => Promise<T>,
  toError: (text: string, cause: unknown) => ApiError,
): Promise<T> {
  const startedAt = performance.now();
  try {
    const result = await work();
    metric.record(true, startedAt);
    return result;
  } catch (error) {
    metric.record(false, startedAt);
    throw toError(error instanceof Error ? error.message : String(error), error);
  }
}

function problem(httpStatus: number, grpcCode: number, errorCode: string, message: string, cause?: unknown): ApiError {
  return new ApiError({ httpStatus, grpcCode, errorCode, message, cause });
}

/** As Go quotes a string; `<` and its like are escaped later, when the whole message is printed. */
function quote(text: string): string {
  return quoteJson(text).replace(/\\u00(3c|3e|26)/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

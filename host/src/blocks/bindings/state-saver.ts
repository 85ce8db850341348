import type { StateOptions } from "@trilby/kit";

import { illegalKey, separator } from "../state/key-prefix.ts";
import * as errors from "../state/errors.ts";
import * as state from "../state/state.ts";
import type { StateStores } from "../state/stores.ts";

/** One item of state in an application's answer, under the application's own key. */
export interface StateToSave {
  readonly key: string;
  readonly value: Uint8Array;
  readonly etag: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly options: StateOptions;
}

/** Rejects with an `ApiError` for a store that is not there, with the store's failure otherwise. */
export type SaveState = (storeName: string, items: readonly StateToSave[]) => Promise<void>;

/** Saves as the state API does: with the store's key prefix and encryption, so that the application finds it there. */
export function createStateSaver(stores: StateStores): SaveState {
  return (storeName, items) => {
    const store = stores.find(storeName);
    const requests = items.map(({ key, value, etag, metadata, options }) => {
      if (key.includes(separator)) throw errors.invalidKey("http", store.name, key, illegalKey(key));
      return {
        key: store.prefix + key,
        value: store.encryption === undefined ? value : store.encryption.encrypt(value),
        etag,
        metadata,
        options,
      };
    });
    return state.save(store, requests, {});
  };
}

import { defineStateStore } from "@trilby/kit";
import { createInMemoryStore } from "./store.ts";

export { createInMemoryStore } from "./store.ts";

export default defineStateStore({
  type: "state.in-memory",
  version: "v1",
  status: "development-only",
  title: "In-memory",
  description: "Keeps state in the memory of its process, and forgets it when that ends. For development and tests.",
  urls: [
    {
      title: "Reference",
      url: "https://docs.dapr.io/reference/components-reference/supported-state-stores/setup-inmemory/",
    },
  ],
  placement: "in-process",
  features: ["ETAG", "TRANSACTIONAL", "TTL"],
  metadata: {},
  async open() {
    return createInMemoryStore();
  },
});

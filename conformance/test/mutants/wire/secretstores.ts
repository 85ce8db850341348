import { protocolMutants, falling } from "./protocol.ts";
import { unary, type WireMutant } from "./wire-mutant.ts";

export const secretStoreWireMutants: readonly WireMutant<"secretstores">[] = [
  ...protocolMutants<"secretstores">("secretstores"),
  {
    name: "falls over at a missing secret",
    caughtBy: ["secretstores/a-missing-secret-is-an-error-status-and-not-a-crash"],
    channel: unary(falling(({ path }, error) => path.endsWith("/Get") && error !== undefined)),
  },
  {
    name: "answers OK for a missing secret",
    caughtBy: ["secretstores/a-missing-secret-is-an-error-status-and-not-a-crash"],
    channel: unary((right) => async (path, request, options) => {
      const answer = right(path, request, options);
      return path.endsWith("/Get") ? answer.catch(() => new Uint8Array()) : answer;
    }),
  },
];

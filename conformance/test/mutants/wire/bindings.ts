import { ListOperationsResponse, ReadRequest } from "@trilby/proto/components";
import { protocolMutants } from "./protocol.ts";
import { unary, type WireMutant } from "./wire-mutant.ts";

export const bindingWireMutants: readonly WireMutant<"bindings">[] = [
  ...protocolMutants<"bindings">("bindings"),
  {
    name: "lists no operations",
    caughtBy: ["bindings/operations-are-listed-right-after-init"],
    channel: unary(
      (right) => async (path, request, options) =>
        path.endsWith("/ListOperations")
          ? ListOperationsResponse.encode({ operations: [] }).finish()
          : right(path, request, options),
    ),
  },
  {
    name: "answers OK to an operation that it does not have",
    caughtBy: ["bindings/an-unknown-operation-is-refused-on-the-wire"],
    channel: unary((right) => async (path, request, options) => {
      const answer = right(path, request, options);
      return path.endsWith("/Invoke") ? answer.catch(() => new Uint8Array()) : answer;
    }),
  },
  {
    name: "ends a stream at an unknown event",
    caughtBy: ["bindings/answers-to-unknown-events-are-ignored"],
    channel: (right) => ({
      stream(path, options) {
        const stream = right.stream(path, options);
        if (!path.endsWith("/Read")) return stream;
        return {
          async send(message) {
            if (ReadRequest.decode(message).messageId === "no such id") stream.cancel();
            await stream.send(message);
          },
          end: () => stream.end(),
          cancel: () => stream.cancel(),
          messages: stream.messages,
        };
      },
    }),
  },
];

import { RpcCode, RpcError, type CallOptions } from "@trilby/kit/transport";
import { GetResponse, SetRequest, TransactionalStateRequest } from "@trilby/proto/components";
import { BadRequest, Status } from "@trilby/proto/rpc";
import { protocolMutants, falling } from "./protocol.ts";
import { refuse, unary, type WireMutant } from "./wire-mutant.ts";

const etagCases = [
  "state/a-mismatched-etag-is-status-9-with-one-violation-of-etag",
  "state/a-mismatched-etag-of-a-delete-carries-one-violation-of-etag",
  "state/a-mismatched-etag-in-a-bulk-carries-one-violation-of-etag",
];

export const stateWireMutants: readonly WireMutant<"state">[] = [
  ...protocolMutants<"state">("state"),
  {
    name: "answers NOT_FOUND for an absent key",
    caughtBy: ["state/an-absent-key-is-ok-with-nothing-on-the-wire"],
    channel: unary((right) => async (path, request, options) => {
      const response = await right(path, request, options);
      if (path.endsWith("/Get") && GetResponse.decode(response).etag === undefined) refuse(RpcCode.NOT_FOUND);
      return response;
    }),
  },
  {
    name: "does not look at the instance header",
    caughtBy: ["state/an-instance-that-was-never-initialised-sees-nothing-of-another"],
    channel: unary((right) => {
      let first: CallOptions["metadata"];
      return (path, request, options) => {
        first ??= options.metadata;
        return right(path, request, { ...options, metadata: first });
      };
    }),
  },
  {
    name: "sends etag errors without details",
    caughtBy: etagCases,
    channel: unary(rewriting(({ code, message }) => new RpcError(code, message))),
  },
  {
    name: "sends etag errors with two violations",
    caughtBy: etagCases,
    channel: unary(rewriting((error) => withViolations(error, ["etag", "key"]))),
  },
  {
    name: "sends etag errors as ABORTED",
    caughtBy: etagCases,
    channel: unary(
      rewriting(({ message, details }) => new RpcError(RpcCode.ABORTED, message, details ? { details } : {})),
    ),
  },
  {
    name: "takes a present and empty etag for an etag",
    caughtBy: ["state/an-etag-that-is-present-and-empty-counts-as-none-on-the-wire"],
    channel: unary((right) => async (path, request, options) => {
      if (path.endsWith("/Set") && SetRequest.decode(request).etag?.value === "") refuse(RpcCode.FAILED_PRECONDITION);
      return right(path, request, options);
    }),
  },
  {
    name: "falls over at an unknown word of options",
    caughtBy: ["state/words-of-options-that-are-not-in-the-protocol-end-nothing"],
    channel: unary(
      falling(
        ({ path, request }) =>
          path.endsWith("/Set") && (SetRequest.decode(request).options?.concurrency as number) === 77,
      ),
    ),
  },
  {
    name: "leaves operations out that say nothing",
    caughtBy: ["state/a-transaction-operation-that-says-nothing-is-refused"],
    channel: unary((right) => async (path, request, options) => {
      if (!path.endsWith("/Transact")) return right(path, request, options);
      const { operations, metadata } = TransactionalStateRequest.decode(request);
      const said = operations.filter((each) => each.request !== undefined);
      return right(path, TransactionalStateRequest.encode({ operations: said, metadata }).finish(), options);
    }),
  },
  {
    name: "answers OK to transactions that it does not have",
    caughtBy: ["state/without-transactional-the-wire-answers-unimplemented"],
    features: [],
    channel: unary(
      (right) => async (path, request, options) =>
        path.endsWith("/Transact") ? new Uint8Array() : right(path, request, options),
    ),
  },
];

/** Changes errors that carry details. */
function rewriting(change: (error: RpcError) => RpcError): Parameters<typeof unary>[0] {
  return (right) => async (path, request, options) => {
    try {
      return await right(path, request, options);
    } catch (error) {
      throw error instanceof RpcError && error.details ? change(error) : error;
    }
  };
}

function withViolations({ code, message }: RpcError, fields: readonly string[]): RpcError {
  const fieldViolations = fields.map((field) => ({
    field,
    description: message,
    reason: "",
    localizedMessage: undefined,
  }));
  const value = BadRequest.encode({ fieldViolations }).finish();
  const details = [{ typeUrl: "type.googleapis.com/google.rpc.BadRequest", value }];
  return new RpcError(code, message, { details: Status.encode({ code, message, details }).finish() });
}

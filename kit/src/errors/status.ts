import { Any } from "@trilby/proto/well-known";
import { BadRequest, ErrorInfo, Status } from "@trilby/proto/rpc";
import { RpcCode, RpcError } from "../transport/rpc-error.ts";
import {
  BulkError,
  ComponentError,
  type ApiErrorDetails,
  type ErrorCode,
  type MetadataProblem,
} from "./component-error.ts";

/**
 * The gRPC status of any error a component raised, as Dapr's clients read it: an etag error carries exactly one `BadRequest`
 * with exactly one violation of the field `etag`; a row mismatch and an error of Dapr's API carry one `ErrorInfo`.
 */
export function toRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (!ComponentError.is(error)) return plainError(error);
  const sent = mostTelling(error);
  const code = statusOf[sent.code] ?? RpcCode.UNKNOWN;
  const details = detailsOf(sent);
  if (details.length === 0) return new RpcError(code, sent.message, { cause: error });
  const status = Status.encode({ code, message: sent.message, details }).finish();
  return new RpcError(code, sent.message, { details: status, cause: error });
}

/** The error behind a gRPC status that a component answered with, ours or any other. */
export function fromRpcError(rpcError: RpcError): ComponentError {
  const details = rpcError.details === undefined ? [] : readDetails(rpcError.details);
  const cause = rpcError;
  const info = details.length === 1 ? messageOf(details[0]!, ErrorInfo, "google.rpc.ErrorInfo") : undefined;
  const violations =
    details.length === 1 ? messageOf(details[0]!, BadRequest, "google.rpc.BadRequest")?.fieldViolations : undefined;

  const api = info && apiDetails(info);
  if (api) return new ComponentError(codeOf(rpcError.code), rpcError.message, { api, cause });

  if (violations?.length === 1 && violations[0]!.field === "etag") {
    const message = violations[0]!.description || rpcError.message;
    if (rpcError.code === RpcCode.FAILED_PRECONDITION) return new ComponentError("etag-mismatch", message, { cause });
    if (rpcError.code === RpcCode.INVALID_ARGUMENT) return new ComponentError("etag-invalid", message, { cause });
  }

  const rows = rpcError.code === RpcCode.INTERNAL && info ? rowCounts(info) : undefined;
  if (rows) return new ComponentError("row-mismatch", rpcError.message, { rows, cause });

  if (info?.domain === ownDomain && info.reason === "CLOSED")
    return new ComponentError("closed", rpcError.message, { cause });
  const problems = metadataProblems(details);
  if (problems) return new ComponentError("invalid-metadata", rpcError.message, { problems, cause });
  return new ComponentError(codeOf(rpcError.code), rpcError.message, { cause });
}

/** Domain of the `ErrorInfo` that keeps codes apart which share a gRPC status. */
const ownDomain = "trilby";

const statusOf: Readonly<Record<ErrorCode, number>> = {
  "etag-mismatch": RpcCode.FAILED_PRECONDITION,
  "etag-invalid": RpcCode.INVALID_ARGUMENT,
  "row-mismatch": RpcCode.INTERNAL,
  "invalid-argument": RpcCode.INVALID_ARGUMENT,
  "invalid-metadata": RpcCode.INVALID_ARGUMENT,
  "not-found": RpcCode.NOT_FOUND,
  "already-exists": RpcCode.ALREADY_EXISTS,
  "failed-precondition": RpcCode.FAILED_PRECONDITION,
  "permission-denied": RpcCode.PERMISSION_DENIED,
  unauthenticated: RpcCode.UNAUTHENTICATED,
  "resource-exhausted": RpcCode.RESOURCE_EXHAUSTED,
  unimplemented: RpcCode.UNIMPLEMENTED,
  unavailable: RpcCode.UNAVAILABLE,
  "deadline-exceeded": RpcCode.DEADLINE_EXCEEDED,
  cancelled: RpcCode.CANCELLED,
  closed: RpcCode.UNAVAILABLE,
  internal: RpcCode.INTERNAL,
};

const codes: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [RpcCode.CANCELLED, "cancelled"],
  [RpcCode.INVALID_ARGUMENT, "invalid-argument"],
  [RpcCode.DEADLINE_EXCEEDED, "deadline-exceeded"],
  [RpcCode.NOT_FOUND, "not-found"],
  [RpcCode.ALREADY_EXISTS, "already-exists"],
  [RpcCode.PERMISSION_DENIED, "permission-denied"],
  [RpcCode.RESOURCE_EXHAUSTED, "resource-exhausted"],
  [RpcCode.FAILED_PRECONDITION, "failed-precondition"],
  [RpcCode.ABORTED, "failed-precondition"],
  [RpcCode.OUT_OF_RANGE, "invalid-argument"],
  [RpcCode.UNIMPLEMENTED, "unimplemented"],
  [RpcCode.UNAVAILABLE, "unavailable"],
  [RpcCode.UNAUTHENTICATED, "unauthenticated"],
]);

/** UNKNOWN, which Go components answer for every plain error, INTERNAL, DATA_LOSS and codes that do not exist are `internal`. */
function codeOf(status: number): ErrorCode {
  return codes.get(status) ?? "internal";
}

/** The wire has one status for a whole bulk call; Dapr asks first of all whether an etag did not match. */
function mostTelling(error: ComponentError): ComponentError {
  const failures = (error as Partial<BulkError>).failures;
  if (!failures) return error;
  const etagFailure = failures.find(({ error: { code } }) => code === "etag-mismatch" || code === "etag-invalid");
  return etagFailure?.error ?? error;
}

function detailsOf(error: ComponentError): Any[] {
  if (error.api) {
    const { httpStatus, tag, reason, domain, metadata } = error.api;
    return [packInfo(reason, domain, { ...metadata, kit_error: "true", http_code: String(httpStatus), tag })];
  }
  switch (error.code) {
    case "etag-mismatch":
    case "etag-invalid":
      return [packViolations([{ field: "etag", message: error.message }])];
    case "row-mismatch":
      if (!error.rows) return [];
      return [packInfo("", "", { expected: String(error.rows.expected), affected: String(error.rows.affected) })];
    case "closed":
      return [packInfo("CLOSED", ownDomain, {})];
    case "invalid-metadata":
      // Always two details, so that no client takes a violation for an etag's.
      return [packInfo("INVALID_METADATA", ownDomain, {}), packViolations(error.problems ?? [])];
    default:
      return [];
  }
}

function packViolations(problems: readonly MetadataProblem[]): Any {
  const fieldViolations = problems.map(({ field = "", message, suggestion = "" }) => {
    // The description is for people, so it holds the suggestion's sentence too; `localized_message` keeps the bare word.
    const description = suggestion === "" ? message : message + suggestionSentence(suggestion);
    const localizedMessage = suggestion === "" ? undefined : { locale: "", message: suggestion };
    return { field, description, reason: "", localizedMessage };
  });
  return pack("google.rpc.BadRequest", BadRequest.encode({ fieldViolations }).finish());
}

function packInfo(reason: string, domain: string, metadata: Record<string, string>): Any {
  return pack("google.rpc.ErrorInfo", ErrorInfo.encode({ reason, domain, metadata }).finish());
}

function pack(name: string, value: Uint8Array): Any {
  return { typeUrl: `type.googleapis.com/${name}`, value };
}

function metadataProblems(details: readonly Any[]): MetadataProblem[] | undefined {
  if (details.length !== 2) return undefined;
  const info = messageOf(details[0]!, ErrorInfo, "google.rpc.ErrorInfo");
  const request = messageOf(details[1]!, BadRequest, "google.rpc.BadRequest");
  if (!request || info?.domain !== ownDomain || info.reason !== "INVALID_METADATA") return undefined;
  return request.fieldViolations.map(({ field, description, localizedMessage }) => {
    const suggestion = localizedMessage?.message;
    const sentence = suggestion === undefined ? "" : suggestionSentence(suggestion);
    const message = description.endsWith(sentence)
      ? description.slice(0, description.length - sentence.length)
      : description;
    return { ...(field === "" ? {} : { field }), message, ...(suggestion === undefined ? {} : { suggestion }) };
  });
}

function suggestionSentence(suggestion: string): string {
  return `; did you mean ${suggestion}?`;
}

function apiDetails({ reason, domain, metadata }: ErrorInfo): ApiErrorDetails | undefined {
  if (metadata["kit_error"] !== "true") return undefined;
  const { kit_error: _, http_code: httpCode, tag = "", ...rest } = metadata;
  const httpStatus = wholeNumber(httpCode);
  return httpStatus === undefined ? undefined : { httpStatus, tag, reason, domain, metadata: rest };
}

function rowCounts({ metadata }: ErrorInfo): { expected: number; affected: number } | undefined {
  const expected = wholeNumber(metadata["expected"]);
  const affected = wholeNumber(metadata["affected"]);
  return expected === undefined || affected === undefined ? undefined : { expected, affected };
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}

/** A peer may send anything: details that cannot be read are no details. */
function readDetails(bytes: Uint8Array): Any[] {
  try {
    return Status.decode(bytes).details;
  } catch {
    return [];
  }
}

function messageOf<Message>(
  any: Any,
  codec: { decode(bytes: Uint8Array): Message },
  name: string,
): Message | undefined {
  if (any.typeUrl.slice(any.typeUrl.lastIndexOf("/") + 1) !== name) return undefined;
  try {
    return codec.decode(any.value);
  } catch {
    return undefined;
  }
}

function plainError(error: unknown): RpcError {
  const message = error instanceof Error ? error.message : String(error);
  const name = error instanceof Error ? error.name : "";
  if (name === "AbortError") return new RpcError(RpcCode.CANCELLED, message, { cause: error });
  if (name === "TimeoutError") return new RpcError(RpcCode.DEADLINE_EXCEEDED, message, { cause: error });
  return new RpcError(RpcCode.UNKNOWN, message, { cause: error });
}

import { RpcCode } from "@trilby/kit/transport";
import type * as Descriptors from "@trilby/proto/descriptors";
import { encodeMessage } from "@trilby/proto/encode";
import { v1 } from "@trilby/proto/reflection";

import { decodeRequest } from "./unary-method.ts";

type Answer = v1.ServerReflectionResponse["messageResponse"];

/** The response to one request of either version, as bytes. */
export function answerReflection(
  bytes: Uint8Array,
  services: readonly string[],
  descriptors: typeof Descriptors,
): Uint8Array {
  const request = decodeRequest(v1.ServerReflectionRequest, bytes);
  const messageResponse = answer(request.messageRequest, services, descriptors);
  return encodeMessage(v1.ServerReflectionResponse, {
    validHost: request.host,
    originalRequest: request,
    messageResponse,
  });
}

function answer(
  request: v1.ServerReflectionRequest["messageRequest"],
  services: readonly string[],
  { fileByName, fileContainingSymbol }: typeof Descriptors,
): Answer {
  switch (request?.$case) {
    case "listServices":
      return { $case: "listServicesResponse", value: { service: services.map((name) => ({ name })) } };
    case "fileByFilename":
      return files(fileByName(request.value), `file not found: ${request.value}`);
    case "fileContainingSymbol":
      return files(fileContainingSymbol(request.value), `symbol not found: ${request.value}`);
    case "fileContainingExtension":
    case "allExtensionNumbersOfType":
      return refusal(RpcCode.NOT_FOUND, "there are no extensions");
    default:
      return refusal(RpcCode.INVALID_ARGUMENT, "the request asks for nothing");
  }
}

function files(fileDescriptorProto: Uint8Array[], otherwise: string): Answer {
  if (fileDescriptorProto.length === 0) return refusal(RpcCode.NOT_FOUND, otherwise);
  return { $case: "fileDescriptorResponse", value: { fileDescriptorProto } };
}

function refusal(errorCode: number, errorMessage: string): Answer {
  return { $case: "errorResponse", value: { errorCode, errorMessage } };
}

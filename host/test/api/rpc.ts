import { RpcError, type CallOptions, type Channel } from "@trilby/kit/transport";
import { BadRequest, ErrorInfo, Help, ResourceInfo, Status } from "@trilby/proto/rpc";
import { DaprDefinition } from "@trilby/proto/runtime";

type Methods = typeof DaprDefinition.methods;
type Request<M extends keyof Methods> = Methods[M]["requestType"] extends {
  encode(message: infer R, ...rest: any[]): any;
}
  ? R
  : never;
type Response<M extends keyof Methods> = Methods[M]["responseType"] extends { decode(bytes: Uint8Array): infer R }
  ? R
  : never;

/** One unary rpc of the Dapr service, over messages. */
export async function rpc<M extends keyof Methods>(
  channel: Channel,
  method: M,
  request: Request<M>,
  options?: CallOptions,
): Promise<Response<M>> {
  const { name, requestType, responseType } = DaprDefinition.methods[method];
  const bytes = requestType.encode(request as never).finish();
  return responseType.decode(
    new Uint8Array(await channel.unary(`/${DaprDefinition.fullName}/${name}`, bytes, options)),
  ) as Response<M>;
}

export interface Failure {
  readonly code: number;
  readonly message: string;
  readonly details: readonly unknown[];
}

const codecs = { ErrorInfo, BadRequest, Help, ResourceInfo };

/** The status that a call ended with, its details decoded; fails when it did not fail. */
export async function failureOf(call: Promise<unknown>): Promise<Failure> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    const status = error.details === undefined ? undefined : Status.decode(error.details);
    if (status !== undefined && (status.code !== error.code || status.message !== error.message))
      throw new Error("the details tell another status", { cause: error });
    const details = (status?.details ?? []).map(({ typeUrl, value }) => {
      const name = typeUrl.slice("type.googleapis.com/google.rpc.".length) as keyof typeof codecs;
      return { [name]: codecs[name].decode(value) };
    });
    return { code: error.code, message: error.message, details };
  }
  throw new Error("the call was answered");
}

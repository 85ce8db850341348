/** The shape that every message codec and every `...Definition` of this package has. Types only: importing it loads nothing. */
import type { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export interface MessageCodec<Message> {
  encode(message: Message, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): Message;
}

export interface MethodDefinition<Request = any, Response = any> {
  readonly name: string;
  readonly requestType: MessageCodec<Request>;
  readonly requestStream: boolean;
  readonly responseType: MessageCodec<Response>;
  readonly responseStream: boolean;
}

/** A method's path is `/${service.fullName}/${method.name}`; the keys of `methods` are the names in lower camel case. */
export interface ServiceDefinition {
  readonly name: string;
  readonly fullName: string;
  readonly methods: { readonly [method: string]: MethodDefinition };
}

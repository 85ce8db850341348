import {
  create,
  createFileRegistry,
  fromBinary,
  toBinary,
  type DescMessage,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
  type FieldDescriptorProto,
} from "@bufbuild/protobuf/wkt";

/**
 * What gRPC's interoperability tests send: `type name number`, in the names and numbers of `grpc.testing`. Wrapped booleans, enums and
 * maps are written as what they are on the wire.
 */
const messages: Readonly<Record<string, readonly string[]>> = {
  Empty: [],
  BoolValue: ["bool value 1"],
  Payload: ["int32 type 1", "bytes body 2"],
  EchoStatus: ["int32 code 1", "string message 2"],
  Entry: ["string key 1", "double value 2"],
  TestOrcaReport: [
    "double cpu_utilization 1",
    "double memory_utilization 2",
    "Entry* request_cost 3",
    "Entry* utilization 4",
  ],
  OrcaLoadReport: [
    "double cpu_utilization 1",
    "double mem_utilization 2",
    "Entry* request_cost 4",
    "Entry* utilization 5",
  ],
  SimpleRequest: [
    "int32 response_type 1",
    "int32 response_size 2",
    "Payload payload 3",
    "bool fill_server_id 9",
    "BoolValue response_compressed 6",
    "EchoStatus response_status 7",
    "BoolValue expect_compressed 8",
    "TestOrcaReport orca_per_query_report 11",
  ],
  SimpleResponse: ["Payload payload 1", "string server_id 4"],
  StreamingInputCallRequest: ["Payload payload 1", "BoolValue expect_compressed 2"],
  StreamingInputCallResponse: ["int32 aggregated_payload_size 1"],
  ResponseParameters: ["int32 size 1", "int32 interval_us 2", "BoolValue compressed 3"],
  StreamingOutputCallRequest: [
    "int32 response_type 1",
    "ResponseParameters* response_parameters 2",
    "Payload payload 3",
    "EchoStatus response_status 7",
    "TestOrcaReport orca_oob_report 8",
  ],
  StreamingOutputCallResponse: ["Payload payload 1"],
};

const file = create(FileDescriptorProtoSchema, {
  name: "trilby/interop.proto",
  package: "grpc.testing",
  syntax: "proto3",
  service: [{ name: "TestService" }],
  messageType: Object.entries(messages).map(([name, fields]) => ({ name, field: fields.map(fieldOf) })),
});

/** A serialised `FileDescriptorProto`, for those who make messages of it in another language. */
export const descriptor = toBinary(FileDescriptorProtoSchema, file);

export const descriptorName = file.name;

export function declares(symbol: string): boolean {
  const name = symbol.replace("grpc.testing.", "");
  return symbol.startsWith("grpc.testing.") && (name === "TestService" || Object.hasOwn(messages, name));
}

const registry = createFileRegistry(file, () => undefined);

export interface Codec<T> {
  encode(message: Partial<T>): Uint8Array;
  decode(bytes: Uint8Array): T;
}

function codec<T>(name: string): Codec<T> {
  const schema: DescMessage = registry.getMessage(`grpc.testing.${name}`)!;
  return {
    encode: (message) => toBinary(schema, create(schema, message as MessageInitShape<typeof schema>)),
    decode: (bytes) => fromBinary(schema, bytes) as unknown as T,
  };
}

function fieldOf(line: string): FieldDescriptorProto {
  const [kind, name, number] = line.split(" ") as [string, string, string];
  const scalar = { bool: Type.BOOL, int32: Type.INT32, bytes: Type.BYTES, string: Type.STRING, double: Type.DOUBLE }[
    kind
  ];
  const message = kind.replace("*", "");
  return {
    name,
    number: Number(number),
    label: kind.endsWith("*") ? Label.REPEATED : Label.OPTIONAL,
    ...(scalar === undefined ? { type: Type.MESSAGE, typeName: `.grpc.testing.${message}` } : { type: scalar }),
  } as FieldDescriptorProto;
}

export interface Payload {
  readonly type?: number;
  readonly body: Uint8Array;
}

interface BoolValue {
  readonly value: boolean;
}

interface EchoStatus {
  readonly code: number;
  readonly message: string;
}

interface Entry {
  readonly key: string;
  readonly value: number;
}

export interface TestOrcaReport {
  readonly cpuUtilization: number;
  readonly memoryUtilization: number;
  readonly requestCost: readonly Entry[];
  readonly utilization: readonly Entry[];
}

export interface OrcaLoadReport {
  readonly cpuUtilization: number;
  readonly memUtilization: number;
  readonly requestCost: readonly Entry[];
  readonly utilization: readonly Entry[];
}

export interface SimpleRequest {
  readonly responseSize: number;
  readonly payload: Payload | undefined;
  readonly fillServerId: boolean;
  readonly expectCompressed: BoolValue | undefined;
  readonly responseCompressed: BoolValue | undefined;
  readonly responseStatus: EchoStatus | undefined;
  readonly orcaPerQueryReport: TestOrcaReport | undefined;
}

export interface StreamingOutputCallRequest {
  readonly responseParameters: readonly {
    readonly size: number;
    readonly intervalUs?: number;
    readonly compressed?: BoolValue;
  }[];
  readonly payload: Payload | undefined;
  readonly responseStatus: EchoStatus | undefined;
  readonly orcaOobReport: TestOrcaReport | undefined;
}

export const SimpleRequest = codec<SimpleRequest>("SimpleRequest");
export const SimpleResponse = codec<{ payload: Payload | undefined; serverId: string }>("SimpleResponse");
export const StreamingInputCallRequest = codec<{ payload: Payload | undefined }>("StreamingInputCallRequest");
export const StreamingInputCallResponse = codec<{ aggregatedPayloadSize: number }>("StreamingInputCallResponse");
export const StreamingOutputCallRequest = codec<StreamingOutputCallRequest>("StreamingOutputCallRequest");
export const StreamingOutputCallResponse = codec<{ payload: Payload | undefined }>("StreamingOutputCallResponse");
export const OrcaLoadReport = codec<OrcaLoadReport>("OrcaLoadReport");

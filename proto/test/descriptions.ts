import { create, createFileRegistry, type DescMessage, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { fileContainingSymbol } from "@trilby/proto/descriptors";

/** Our own files as reflection hands them out, those of the given symbols and all they import. */
export function describe(...symbols: string[]): FileRegistry {
  const files = new Map<string, ReturnType<typeof parse>>();
  for (const bytes of symbols.flatMap((symbol) => fileContainingSymbol(symbol).reverse())) {
    const file = parse(bytes);
    files.set(file.name, file);
  }
  return createFileRegistry(create(FileDescriptorSetSchema, { file: [...files.values()] }));
}

export function messagesOf(registry: FileRegistry, protoPackage: string): DescMessage[] {
  return [...registry].filter(
    (each): each is DescMessage => each.kind === "message" && each.file.proto.package === protoPackage,
  );
}

function parse(bytes: Uint8Array) {
  return fromBinary(FileDescriptorProtoSchema, bytes);
}

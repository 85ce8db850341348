/** Serialised `FileDescriptorProto`s, for gRPC reflection and for code that works on messages by their description. */
import { files } from "./gen/descriptors.ts";

/** The file of that name first, then every file it needs; nothing when there is no such file. */
export function fileByName(name: string): Uint8Array[] {
  const names = new Set<string>();
  const add = (each: string): void => {
    const file = files[each];
    if (file === undefined || names.has(each)) return;
    names.add(each);
    file.imports.forEach(add);
  };
  add(name);
  return [...names].map((each) => Buffer.from(files[each]!.base64, "base64"));
}

/** The same for the file that declares a service, a method (`package.Service.Method`), a message or an enum. */
export function fileContainingSymbol(symbol: string): Uint8Array[] {
  const found = Object.entries(files).find(([, file]) => file.symbols.includes(symbol));
  return found === undefined ? [] : fileByName(found[0]);
}

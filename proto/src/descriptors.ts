/** Serialised `FileDescriptorProto`s, for gRPC reflection and for code that works on messages by their description. */
import { files } from "./gen/descriptors.ts";

/**
 * The file of that name and every file it needs, each before those it imports; nothing when there is no such file.
 * Reversed, the order is the one that builders of registries want.
 */
export function fileByName(name: string): Uint8Array[] {
  const names = new Set<string>();
  const add = (each: string): void => {
    const file = files.get(each);
    if (file === undefined || names.has(each)) return;
    file.imports.forEach(add);
    names.add(each);
  };
  add(name);
  return [...names].reverse().map((each) => Buffer.from(files.get(each)!.base64, "base64"));
}

/** The same for the file that declares a service, a method (`package.Service.Method`), a message or an enum. */
export function fileContainingSymbol(symbol: string): Uint8Array[] {
  const found = [...files].find(([, file]) => file.symbols.includes(symbol));
  return found === undefined ? [] : fileByName(found[0]);
}

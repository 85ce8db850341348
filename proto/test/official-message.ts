import type { PlainMessage } from "./full-messages.ts";

/** A message as one of the SDK's generations of generated code knows it. */
export interface OfficialMessage {
  readonly generation: "protobuf-es" | "google-protobuf";
  readonly typeName: string;
  /** Its fields, in the spelling that `spell` gives ours. */
  readonly fields: ReadonlySet<string>;
  /** False where the SDK's class refers to one that is not there, and so cannot be used in the SDK either. */
  readonly complete: boolean;
  spell(field: { name: string; fieldKind: string }): string;
  /** Builds the official message from the values of ours, by the names of the fields, and serialises it. */
  serialise(message: PlainMessage): Uint8Array;
  /** Parses, and serialises what it understood of it: fields it does not know are not repeated. */
  repeat(bytes: Uint8Array): Uint8Array;
}

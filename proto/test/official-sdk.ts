// Where the official JavaScript SDK keeps its messages. It carries two generations of them: what its client uses
// (common, appcallback and dapr, for protobuf-es), and newer files, one a building block, for google-protobuf.
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const sdk = dirname(require.resolve("@dapr/dapr/package.json"));

/** Resolves as the SDK does: its own copies of the protobuf libraries. */
export const requireFromSdk = createRequire(join(sdk, "package.json"));

const folders = {
  "dapr.proto.common.v1": "proto/dapr/proto/common/v1",
  "dapr.proto.runtime.v1": "proto/dapr/proto/runtime/v1",
};

/** What each of its message files exports, with the package the file is in. */
export function officialFiles(): { protoPackage: string; exported: Record<string, any> }[] {
  return Object.entries(folders).flatMap(([protoPackage, folder]) =>
    readdirSync(join(sdk, folder))
      .filter((name) => name.endsWith("_pb.js") && !name.endsWith("_grpc_pb.js"))
      .map((name) => ({ protoPackage, exported: requireFromSdk(`./${folder}/${name}`) })),
  );
}

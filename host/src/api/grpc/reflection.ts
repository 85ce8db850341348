import type { RpcServer, StreamHandler } from "@trilby/kit/transport";

/** The two versions differ in their name alone; clients still ask for either. */
const versions = ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"];

/** Adds gRPC reflection. `wrap` puts around it what goes around every call. */
export function addReflection(
  server: RpcServer,
  services: readonly string[],
  wrap: (path: string, handler: StreamHandler) => StreamHandler,
): void {
  const all = [...services, ...versions].sort();
  const answerAll: StreamHandler = async (stream) => {
    // The descriptors of the whole API are loaded when somebody asks for them.
    const [{ answerReflection }, descriptors] = await Promise.all([
      import("./reflection-answer.ts"),
      import("@trilby/proto/descriptors"),
    ]);
    for await (const request of stream.messages) await stream.send(answerReflection(request, all, descriptors));
  };
  for (const version of versions) {
    const path = `/${version}/ServerReflectionInfo`;
    server.stream(path, wrap(path, answerAll));
  }
}

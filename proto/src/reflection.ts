/** gRPC server reflection. The two versions differ in their package name alone; clients still ask for either. */
export * as v1 from "./gen/grpc/reflection/v1/reflection.ts";
export * as v1alpha from "./gen/grpc/reflection/v1alpha/reflection.ts";

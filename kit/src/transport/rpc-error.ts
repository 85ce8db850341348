export { RpcCode, RpcError } from "@trilby/wire/status";

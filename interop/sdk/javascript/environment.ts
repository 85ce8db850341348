/** What the judge tells an app, see APP.md. */
export const environment = {
  appPort: needed("APP_PORT"),
  appProtocol: needed("APP_PROTOCOL"),
  clientProtocol: needed("CLIENT_PROTOCOL"),
  httpPort: needed("DAPR_HTTP_PORT"),
  grpcPort: needed("DAPR_GRPC_PORT"),
  stateStore: needed("STATE_STORE"),
  pubsub: needed("PUBSUB"),
  topic: needed("TOPIC"),
  binding: needed("BINDING"),
  cron: needed("CRON"),
  secretStore: needed("SECRET_STORE"),
  runId: needed("RUN_ID"),
};

function needed(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

import { createApp } from "./app.ts";

const port = Number(process.env.APP_PORT ?? 6002);
const server = createApp().listen(port, "127.0.0.1", () => {
  console.log(`app listening on ${port}`);
});
process.on("SIGTERM", () => server.close());

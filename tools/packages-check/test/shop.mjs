// A user's application: takes orders from a topic and keeps each in the state store. Copied into the user's folder.
import { createServer } from "node:http";

const { APP_PORT, DAPR_HTTP_PORT } = process.env;

createServer(async (request, response) => {
  const body = await Array.fromAsync(request);
  if (request.url === "/dapr/subscribe") {
    response.end(JSON.stringify([{ pubsubname: "letters", topic: "placed", route: "placed" }]));
    return;
  }
  if (request.url !== "/placed") {
    response.writeHead(404).end();
    return;
  }
  const { data } = JSON.parse(Buffer.concat(body).toString());
  const saved = await fetch(`http://127.0.0.1:${DAPR_HTTP_PORT}/v1.0/state/orders`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify([{ key: data.id, value: data }]),
  });
  response.writeHead(saved.ok ? 200 : 500).end();
}).listen(Number(APP_PORT), "127.0.0.1");

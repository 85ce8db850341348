import { createHttp1Client } from "../../../src/http1/client/index.ts";

// Makes two requests and does not close its client.
const client = createHttp1Client({ host: "127.0.0.1", port: Number(process.argv[2]) });
const prepared = client.prepare("GET", "/");
await client.send(prepared, {});
await client.send(prepared, { timeoutMs: 60_000, signal: new AbortController().signal });

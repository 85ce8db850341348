import {
  answered,
  type HostileCase,
  host,
  hungUp,
  item,
  last,
  ping,
  refused,
  request,
  save,
  smuggled,
} from "./case.ts";

const length = `Content-Length: ${item.length}`;
const upgrade = [host, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"];

/** How connections go on and end: RFC 9112, 9, and RFC 9110, 7.8 and 10.1.1. */
export const connections: readonly HostileCase[] = [
  {
    name: "9.3: three requests at once",
    send: request(ping, [host]) + request(save, [host, length], item) + request(ping, [host]),
    outcomes: [answered(204, 204, 204)],
  },
  {
    name: "9.3: answers come in the order of the requests",
    send: request("GET /v1.0/metadata HTTP/1.1", [host]) + request("GET /%zz HTTP/1.1", [host]) + request(ping, [host]),
    outcomes: [answered(200, 400, 204)],
  },
  {
    name: "9.3: HEAD among others",
    send: request(ping, [host]) + request("HEAD /v1.0/metadata HTTP/1.1", [host]) + request(ping, [host]),
    methods: ["GET", "HEAD", "GET"],
    outcomes: [answered(204, [200, 204, 404, 405], 204)],
  },
  {
    name: "9.3: a good request, then a broken one",
    send: `${request(ping, [host])}\x00\r\n\r\n${smuggled}`,
    outcomes: [last(204, [400])],
  },
  {
    name: "9.3: a good request, then half of one and the end",
    send: `${request(ping, [host])}GET /`,
    finish: true,
    outcomes: [last(204), last(204, 400)],
  },
  {
    name: "9.3: 100 good requests, then a broken one",
    send: `${request(ping, [host]).repeat(100)}BAD\r\n\r\n${smuggled}`,
    outcomes: [last(...Array.from({ length: 100 }, () => 204), 400)],
  },
  { name: "9.6: close", send: request(ping, [host, "Connection: close"]) + smuggled, outcomes: [last(204)] },
  {
    name: "9.6: close, in capitals",
    send: request(ping, [host, "CONNECTION: CLOSE"]) + smuggled,
    outcomes: [last(204)],
  },
  {
    name: "9.6: keep-alive and close",
    send: request(ping, [host, "Connection: keep-alive, close"]) + smuggled,
    outcomes: [last(204)],
  },
  {
    name: "9.6: close in a second field",
    send: request(ping, [host, "Connection: x", "Connection: close"]) + smuggled,
    outcomes: [last(204)],
  },
  {
    name: "9.6: close with a body",
    send: request(save, [host, length, "Connection: close"], item) + smuggled,
    outcomes: [last(204)],
  },
  { name: "9.6: closed is not close", send: request(ping, [host, "Connection: closed"]), outcomes: [answered(204)] },
  {
    name: "9.6: Keep-Alive with limits",
    send: request(ping, [host, "Connection: keep-alive", "Keep-Alive: timeout=5, max=1"]),
    outcomes: [answered(204)],
  },
  { name: "9.3: HTTP/1.0", send: request("GET /v1.0/healthz HTTP/1.0") + smuggled, outcomes: [last(204)] },
  {
    name: "9.3: HTTP/1.0 with a Host",
    send: request("GET /v1.0/healthz HTTP/1.0", [host]) + smuggled,
    outcomes: [last(204)],
  },
  {
    name: "9.3: HTTP/1.0 with keep-alive",
    send: request("GET /v1.0/healthz HTTP/1.0", [host, "Connection: keep-alive"]),
    outcomes: [answered(204), last(204)],
  },
  {
    name: "9.3: HTTP/1.0 with keep-alive and a body",
    send: request("POST /v1.0/state/store HTTP/1.0", [host, "Connection: keep-alive", length], item),
    outcomes: [answered(204), last(204)],
  },
  {
    name: "9.3: HTTP/1.0 with a body and no length",
    send: request("POST /v1.0/state/store HTTP/1.0", [host], item),
    outcomes: [last([400, 411])],
  },
  {
    name: "9.3: HTTP/1.0 with two Hosts",
    send: request("GET /v1.0/healthz HTTP/1.0", [host, "Host: other"]) + smuggled,
    outcomes: [refused],
  },
  {
    name: "9.6: fields named by Connection",
    send: request(ping, [host, "Connection: Host, Content-Length"]),
    outcomes: [answered(204), refused],
  },

  {
    name: "10.1.1: 100-continue, the body at once",
    send: request(save, [host, "Expect: 100-continue", length], item),
    outcomes: [answered(100, 204), answered(204)],
  },
  {
    name: "10.1.1: 100-Continue, in capitals",
    send: request(save, [host, "Expect: 100-Continue", length], item),
    outcomes: [answered(100, 204), answered(204)],
  },
  {
    name: "10.1.1: 100-continue without a body",
    send: request(ping, [host, "Expect: 100-continue"]),
    outcomes: [answered(204), answered(100, 204)],
  },
  {
    name: "10.1.1: 100-continue in HTTP/1.0",
    send: request("POST /v1.0/state/store HTTP/1.0", [host, "Expect: 100-continue", length], item),
    outcomes: [last(204)],
  },
  {
    name: "10.1.1: another expectation",
    send: request(ping, [host, "Expect: 200-maybe"]),
    outcomes: [last(417), answered(417), answered(204)],
  },
  {
    name: "10.1.1: an expectation that smuggles",
    send: request(save, [host, "Expect: y 100-continue", `Content-Length: ${smuggled.length}`], smuggled),
    outcomes: [last(417), answered(417), answered(400), last(400), answered(100, 400)],
  },

  {
    name: "7.8: an upgrade to what is not there",
    send: request(ping, [
      host,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]),
    outcomes: [answered(204)],
  },
  {
    name: "7.8: an upgrade to what is not there, then another request",
    send: request(ping, [host, "Connection: Upgrade", "Upgrade: websocket"]) + request(ping, [host]),
    outcomes: [answered(204, 204)],
  },
  {
    name: "7.8: an upgrade to h2c without its settings",
    send: request(ping, upgrade),
    outcomes: [answered(204), refused],
  },
  {
    name: "7.8: an upgrade to h2c with a body",
    send: request(save, [...upgrade, "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA", length], item),
    outcomes: [answered(204)],
  },
  {
    name: "7.8: an upgrade to h2c without Connection",
    send: request(ping, [host, "Upgrade: h2c"]),
    outcomes: [answered(204)],
  },
  {
    name: "7.8: an upgrade to h2c in HTTP/1.0",
    send: request("GET /v1.0/healthz HTTP/1.0", [...upgrade, "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"]) + smuggled,
    outcomes: [last(204)],
  },
  {
    name: "7.8: an upgrade to h2c, and then HTTP/1.1 again",
    send: request(ping, [...upgrade, "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"]) + smuggled,
    outcomes: [last(101)],
  },
  {
    name: "3.4 of RFC 9113: half of HTTP/2's preface, then something else",
    send: `PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n${smuggled}`,
    outcomes: [refused, hungUp],
  },
  {
    name: "3.4 of RFC 9113: PRI is no method",
    send: request("PRI /v1.0/healthz HTTP/1.1", [host]),
    outcomes: [refused, answered([404, 405])],
  },
];

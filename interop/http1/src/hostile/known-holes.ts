import { answered, type HostileCase, host, item, last, ping, refused, request, save, smuggled } from "./case.ts";

const length = `Content-Length: ${item.length}`;
const chunked = "Transfer-Encoding: chunked";
const size = item.length.toString(16);
const end = "0\r\n\r\n";
const hidden = `Content-Length: ${end.length + smuggled.length}`;

/** A request that another server once read as two, or as another one. */
const once = (name: string, send: string): HostileCase => ({ name, send: send + smuggled, outcomes: [refused] });
const inChunks = (body: string, fields: readonly string[] = [host, chunked]): string => request(save, fields, body);

/** Holes of other parsers, by their number: each has bytes that went through. */
export const knownHoles: readonly HostileCase[] = [
  // llhttp and Node
  once(
    "CVE-2019-15605: a vertical tab before the coding",
    inChunks(end, [host, "Transfer-Encoding: \x0bchunked", hidden]),
  ),
  once("CVE-2021-22959: a space between a name and its colon", request(save, [host, hidden.replace(":", " :")], end)),
  once("CVE-2021-22960: a chunk's extension that hides a size", inChunks(`${size};a\rb\r\n${item}\r\n${end}`)),
  once("CVE-2022-32213: chunkedchunked", inChunks(end, [host, "Transfer-Encoding: chunkedchunked", hidden])),
  once("CVE-2022-32214: a field that LF ends", inChunks(end, [host, `X: y\n${chunked}`, hidden])),
  once("CVE-2022-32215: a coding of two lines", inChunks(end, [host, `${chunked}\r\n , identity`, hidden])),
  once(
    "CVE-2022-35256: a field without CR LF, and a coding behind it",
    inChunks(end, [host, `X:\n ${chunked}`, hidden]),
  ),
  once("CVE-2023-30589: a field that CR ends", inChunks(end, [host, `X: y\r${chunked}`, hidden])),
  once("CVE-2024-22019: an extension without an end", inChunks(`1;${"a".repeat(200_000)}`)),
  once("CVE-2024-27982: a space before Content-Length", request(save, [host, ` ${hidden}`], end)),
  once("CVE-2025-23167: a head that ends with CR LF CR X", `${ping}\r\n${host}\r\n\rX${smuggled}`),
  // Go
  once(
    "CVE-2019-16276: a space between a name and its colon",
    inChunks(end, [host, "Transfer-Encoding : chunked", hidden]),
  ),
  once(
    "CVE-2022-1705: a coding that is nearly chunked",
    inChunks(end, [host, "Transfer-Encoding: chunked\x00", hidden]),
  ),
  once("CVE-2025-22871: a chunk's size that LF ends", inChunks(`${size}\n${item}\r\n${end}`)),
  {
    name: "CVE-2023-39326: bytes of extensions for bytes of a body",
    send: inChunks(`${`1;${"a".repeat(1_000)}\r\n \r\n`.repeat(1_000)}${end}`),
    outcomes: [refused, answered(400)],
  },
  // Python: h11, gunicorn, aiohttp
  once("CVE-2025-43859: two bytes behind a chunk that are not CR LF", inChunks(`${size}\r\n${item}XX${end}`)),
  once(
    "CVE-2024-1135: the coding last is not chunked",
    inChunks(end, [host, "Transfer-Encoding: chunked, identity", hidden]),
  ),
  once(
    "CVE-2024-6827: a coding that is not known, and a length",
    inChunks(end, [host, "Transfer-Encoding: chunked,foo", hidden]),
  ),
  once("CVE-2023-47627: a length with a sign", request(save, [host, `Content-Length: +${end.length}`], end)),
  once(
    "CVE-2024-23829: a name that is no token",
    request(save, [host, `Content-Length\xa0: ${end.length}`, hidden], end),
  ),
  // HAProxy
  once(
    "CVE-2021-40346: a name whose length overflows a byte",
    request(save, [host, `Content-Length0${"a".repeat(255)} : `, hidden], end),
  ),
  once("CVE-2023-25725: a field without a name", inChunks(end, [host, ": y", chunked, hidden])),
  once("CVE-2023-40225: an empty length", request(save, [host, "Content-Length:", hidden], end)),
  // Java: Netty, Tomcat
  once("CVE-2019-20444: a field without a colon", inChunks(end, [host, "Transfer-Encoding chunked", hidden])),
  once("CVE-2019-20445: a length beside a coding", request(save, [host, length, "Transfer-Encoding: xchunked"], item)),
  once("CVE-2022-42252: a length that is none", request(save, [host, "Content-Length: x", hidden], end)),
  once(
    "CVE-2023-46589: trailers without an end",
    inChunks(`${size}\r\n${item}\r\n0\r\nX: ${"y".repeat(200_000)}\r\n\r\n`),
  ),
  once("CVE-2025-58056: LF ends an extension", inChunks(`${size};a\n${item}\r\n${end}`)),
  // .NET
  once("CVE-2025-55315: CR in an extension", inChunks(`${size};a\r${item}\r\n${end}`)),
  // Ruby: Puma, WEBrick
  once("CVE-2023-40175: no length, and chunks", inChunks(end, [host, "Content-Length:", chunked])),
  once("CVE-2024-47220: a length and a coding", inChunks(end + smuggled, [host, hidden, chunked])),
  // What lives on what stands behind the last request of a connection.
  {
    name: "CVE-2022-22720: a connection that goes on behind what was refused",
    send: request(save, [host, length, "Expect: x"], item) + smuggled,
    outcomes: [last(417), last(400)],
  },
];

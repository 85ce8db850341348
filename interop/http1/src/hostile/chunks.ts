import { answered, type HostileCase, host, hungUp, item, refused, request, save, smuggled } from "./case.ts";

const size = item.length.toString(16);
/** `item` as one chunk, and the end. */
const inChunks = `${size}\r\n${item}\r\n0\r\n\r\n`;

/** A body in chunks, as it is. */
const chunks = (body: string): string => request(save, [host, "Transfer-Encoding: chunked"], body);

/** Bodies in chunks, and bodies that break off: RFC 9112, 7 and 8. */
export const chunkedBodies: readonly HostileCase[] = [
  ...(
    [
      ["chunks", inChunks],
      ["the size in capitals", inChunks.replace("1d", "1D")],
      ["the size with leading zeros", `000${inChunks}`],
      ["many chunks", `${item.replace(/./g, "1\r\n$&\r\n")}0\r\n\r\n`],
      ["a last chunk of 000", inChunks.replace("\r\n0\r\n", "\r\n000\r\n")],
      ["an extension", inChunks.replace("\r\n", ";name=value\r\n")],
      ["an extension with a quoted value", inChunks.replace("\r\n", ';name="a;b"\r\n')],
      ["an extension of the last chunk", inChunks.replace("\r\n0", "\r\n0;name")],
      ["trailers", inChunks.replace(/\r\n$/, "X: 1\r\nY: 2\r\n\r\n")],
    ] as const
  ).map(([name, body]) => ({
    name: `7.1: ${name}`,
    send: chunks(body),
    outcomes: [answered(204)],
  })),
  ...(
    [
      ["whitespace behind the size", inChunks.replace("\r\n", " \r\n")],
      ["whitespace before an extension", inChunks.replace("\r\n", " ;a\r\n")],
      ["an empty extension", inChunks.replace("\r\n", ";\r\n")],
      ["1,000 zeros before the size", `${"0".repeat(1_000)}${inChunks}`],
      ["an extension with an open quote", inChunks.replace("\r\n", ';a="b\r\n')],
      ["an extension of every printable character", inChunks.replace("\r\n", ";a=!#$%&'()*+,-./:<=>?@[]^_`{|}~\r\n")],
      ["an extension of 500 bytes", inChunks.replace("\r\n", `;a=${"b".repeat(500)}\r\n`)],
    ] as const
  ).map(([name, body]) => ({
    name: `7.1: ${name}`,
    send: chunks(body),
    outcomes: [answered(204), refused],
  })),
  ...(
    [
      ["no size", `\r\n${item}\r\n0\r\n\r\n`],
      ["a size that is none", `g\r\n${item}\r\n0\r\n\r\n`],
      ["a size and something else", inChunks.replace("1d", "1dg")],
      ["a size with +", `+${inChunks}`],
      ["a size with -", `-${inChunks}`],
      ["a size with 0x", `0x${inChunks}`],
      ["a size with a space before", ` ${inChunks}`],
      ["a size with a tab before", `\t${inChunks}`],
      ["a size with a space inside", inChunks.replace("1d", "1 d")],
      ["a size with _", inChunks.replace("1d", "1_d")],
      ["a size in quotes", inChunks.replace("1d", '"1d"')],
      ["a size with NUL", inChunks.replace("1d", "1d\x00")],
      ["a size with a vertical tab", inChunks.replace("1d", "1d\x0b")],
      ["a size that overflows 64 bits", `1000000000000001d\r\n${item}\r\n0\r\n\r\n`],
      ["a size of 1,000 digits", `${"f".repeat(1_000)}\r\n${item}\r\n0\r\n\r\n`],
      ["LF alone behind the size", inChunks.replace("\r\n", "\n")],
      ["CR alone behind the size", inChunks.replace("\r\n", "\r")],
      ["CR CR LF behind the size", inChunks.replace("\r\n", "\r\r\n")],
      ["LF CR behind the size", inChunks.replace("\r\n", "\n\r")],
      ["LF alone behind an extension", inChunks.replace("\r\n", ";a\n")],
      ["CR alone behind an extension", inChunks.replace("\r\n", ";a\r")],
      ["LF in an extension (TERM.EXT)", inChunks.replace("\r\n", ";a\nb\r\n")],
      ["CR in an extension", inChunks.replace("\r\n", ";a\rb\r\n")],
      ["CR LF in a quoted extension", inChunks.replace("\r\n", ';a="\r\nb"\r\n')],
      ["NUL in an extension", inChunks.replace("\r\n", ";a\x00\r\n")],
      ["two extra bytes behind the data (EXT.TERM)", `${size}\r\n${item}XX0\r\n\r\n`],
      ["data that is longer than its size", `${size}\r\n${item}X\r\n0\r\n\r\n`],
      ["data that is shorter than its size", `${size}\r\n${item.slice(1)}\r\n0\r\n\r\n`],
      ["LF alone behind the data", `${size}\r\n${item}\n0\r\n\r\n`],
      ["CR alone behind the data", `${size}\r\n${item}\r0\r\n\r\n`],
      ["nothing behind the data", `${size}\r\n${item}0\r\n\r\n`],
      ["LF alone behind the last chunk", inChunks.replace("0\r\n\r\n", "0\n\r\n")],
      ["LF LF behind the last chunk", inChunks.replace("0\r\n\r\n", "0\n\n")],
      ["CR alone at the end", inChunks.replace(/\r\n$/, "\rX")],
      ["LF alone at the end", inChunks.replace(/\r\n$/, "\n")],
      ["a last chunk of -0", inChunks.replace("\r\n0", "\r\n-0")],
      ["no empty line at the end", inChunks.replace(/\r\n$/, "")],
      ["trailers with a space before the colon", inChunks.replace(/\r\n$/, "X : 1\r\n\r\n")],
      ["trailers without a name", inChunks.replace(/\r\n$/, ": 1\r\n\r\n")],
      ["folded trailers", inChunks.replace(/\r\n$/, "X: 1\r\n 2\r\n\r\n")],
      ["trailers with LF alone", inChunks.replace(/\r\n$/, "X: 1\n\r\n")],
      ["trailers with CR", inChunks.replace(/\r\n$/, "X: 1\rY: 2\r\n\r\n")],
      ["trailers with NUL", inChunks.replace(/\r\n$/, "X: 1\x00\r\n\r\n")],
      ["trailers of 1 MB", inChunks.replace(/\r\n$/, `X: ${"a".repeat(1_000_000)}\r\n\r\n`)],
      ["100,000 trailers", inChunks.replace(/\r\n$/, `${"a:\r\n".repeat(100_000)}\r\n`)],
      ["an extension of 1 MB", inChunks.replace("\r\n", `;${"a".repeat(1_000_000)}\r\n`)],
    ] as const
  ).map(([name, body]) => ({
    name: `7.1: ${name}`,
    send: chunks(body) + smuggled,
    outcomes: [refused],
  })),
  ...(
    [
      ["a size of 2^53 and more", `200000000000001d\r\n${item}\r\n0\r\n\r\n`],
      ["a size that overflows 32 bits", `10000001d\r\n${item}\r\n0\r\n\r\n`],
      ["a size that is negative in 32 bits", `ffffffe3\r\n${item}\r\n0\r\n\r\n`],
      ["a size that is negative in 64 bits", `ffffffffffffffe3\r\n${item}\r\n0\r\n\r\n`],
    ] as const
  ).map(([name, body]) => ({
    name: `7.1: ${name}, and then the end`,
    send: chunks(body) + smuggled,
    finish: true,
    outcomes: [refused, hungUp],
  })),
  // CVE-2023-39326: little data in much framing.
  {
    name: "7.1: 2,000 chunks of 1 byte, each with an extension of 500",
    send: chunks(`${`1;${"a".repeat(500)}\r\n \r\n`.repeat(2_000)}${inChunks}`),
    outcomes: [answered(204), refused],
  },
  // Fields that frame a message count for nothing behind it.
  ...[
    "Content-Length: 999",
    "Transfer-Encoding: identity",
    "Host: other",
    "Connection: close",
    "Trailer: X",
    "Content-Length: x",
  ].map((trailer) => ({
    name: `7.1.2: the trailer ${trailer}`,
    send: chunks(inChunks.replace(/\r\n$/, `${trailer}\r\n\r\n`)),
    outcomes: [answered(204), refused],
  })),

  {
    name: "8: a saved body shorter than its length, then the end",
    send: request(save, [host, `Content-Length: ${item.length + 1}`], item),
    finish: true,
    outcomes: [hungUp, refused],
  },
  {
    name: "8: chunks without the last, then the end",
    send: chunks(`${size}\r\n${item}\r\n`),
    finish: true,
    outcomes: [hungUp, refused],
  },
  {
    name: "8: half a chunk, then the end",
    send: chunks(`${size}\r\n${item.slice(0, 9)}`),
    finish: true,
    outcomes: [hungUp, refused],
  },
  {
    name: "8: a last chunk without its end, then the end",
    send: chunks(`${size}\r\n${item}\r\n0\r\n`),
    finish: true,
    outcomes: [hungUp, refused],
  },
];

import { describe, expect, test } from "vitest";
import { HeaderDecoder } from "../../src/http2/hpack/index.ts";
import { bytesOf } from "./bytes.ts";

// The worked examples of RFC 7541, appendix C: header blocks of one connection after another, and what they stand for.
const first = [
  [":method", "GET"],
  [":scheme", "http"],
  [":path", "/"],
  [":authority", "www.example.com"],
];
const second = [...first, ["cache-control", "no-cache"]];
const third = [
  [":method", "GET"],
  [":scheme", "https"],
  [":path", "/index.html"],
  [":authority", "www.example.com"],
  ["custom-key", "custom-value"],
];
const answer = (status: string, date: string): string[][] => [
  [":status", status],
  ["cache-control", "private"],
  ["date", `Mon, 21 Oct 2013 20:13:${date} GMT`],
  ["location", "https://www.example.com"],
];
const answers = [
  answer("302", "21"),
  answer("307", "21"),
  [
    [":status", "200"],
    ["cache-control", "private"],
    ["date", "Mon, 21 Oct 2013 20:13:22 GMT"],
    ["location", "https://www.example.com"],
    ["content-encoding", "gzip"],
    ["set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"],
  ],
];

const examples: { name: string; maxTableBytes?: 256; blocks: [hexadecimal: string, fields: string[][]][] }[] = [
  {
    name: "C.2.1 literal with indexing",
    blocks: [["400a637573746f6d2d6b65790d637573746f6d2d686561646572", [["custom-key", "custom-header"]]]],
  },
  { name: "C.2.2 literal without indexing", blocks: [["040c2f73616d706c652f70617468", [[":path", "/sample/path"]]]] },
  { name: "C.2.3 literal never indexed", blocks: [["100870617373776f726406736563726574", [["password", "secret"]]]] },
  { name: "C.2.4 indexed", blocks: [["82", [[":method", "GET"]]]] },
  {
    name: "C.3 requests without Huffman",
    blocks: [
      ["828684410f7777772e6578616d706c652e636f6d", first],
      ["828684be58086e6f2d6361636865", second],
      ["828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565", third],
    ],
  },
  {
    name: "C.4 requests with Huffman",
    blocks: [
      ["828684418cf1e3c2e5f23a6ba0ab90f4ff", first],
      ["828684be5886a8eb10649cbf", second],
      ["828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf", third],
    ],
  },
  {
    name: "C.5 responses without Huffman, with evictions",
    maxTableBytes: 256,
    blocks: [
      [
        "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d",
        answers[0]!,
      ],
      ["4803333037c1c0bf", answers[1]!],
      [
        "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
        answers[2]!,
      ],
    ],
  },
  {
    name: "C.6 responses with Huffman, with evictions",
    maxTableBytes: 256,
    blocks: [
      [
        "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
        answers[0]!,
      ],
      ["4883640effc1c0bf", answers[1]!],
      [
        "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
        answers[2]!,
      ],
    ],
  },
];

describe.each(examples)("RFC 7541, $name", ({ maxTableBytes, blocks }) => {
  test("decodes to the fields that it stands for", () => {
    const decoder = new HeaderDecoder();
    // The examples take the table's size for agreed upon.
    if (maxTableBytes === 256) decoder.decode(bytesOf("3fe101"));
    for (const [hexadecimal, fields] of blocks) expect(decoder.decode(bytesOf(hexadecimal)).fields).toEqual(fields);
  });
});

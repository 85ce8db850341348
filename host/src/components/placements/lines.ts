import type { Readable } from "node:stream";

const longestLine = 8192;

/** Calls `take` with each line of a stream. A line without end is cut, so that nothing piles up. */
export function lines(stream: Readable, take: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const pieces = (rest + chunk).split("\n");
    rest = pieces.pop() ?? "";
    for (const piece of pieces) if (piece.trim() !== "") take(piece.slice(0, longestLine));
    if (rest.length > longestLine) {
      take(rest.slice(0, longestLine));
      rest = "";
    }
  });
  stream.on("end", () => {
    if (rest.trim() !== "") take(rest);
    rest = "";
  });
  stream.on("error", () => {});
}

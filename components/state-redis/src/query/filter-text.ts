import { ComponentError, type FilterNode, type FilterValue } from "@trilby/kit";

/** How an index knows one path of the documents. */
export interface IndexedField {
  readonly alias: string;
  /** TEXT, NUMERIC, TAG, ... */
  readonly type: string;
}

/** The filter in the query language of Redis Search. */
export function filterText(filter: FilterNode | undefined, fields: ReadonlyMap<string, IndexedField>): string {
  return filter ? write(filter) : "*";

  function write(node: FilterNode): string {
    switch (node.op) {
      case "AND":
        return `(${node.filters.map(write).join(" ")})`;
      case "OR":
        return `(${node.filters.map(write).join("|")})`;
      case "IN":
        return `(${node.values.map((value) => equal(node.key, value)).join("|")})`;
      case "EQ":
        return equal(node.key, node.value);
      case "NEQ":
        return `(-${equal(node.key, node.value)})`;
      case "GT":
        return range(node.key, `(${decimal(node.value)}`, "+inf");
      case "GTE":
        return range(node.key, decimal(node.value), "+inf");
      case "LT":
        return range(node.key, "-inf", `(${decimal(node.value)}`);
      case "LTE":
        return range(node.key, "-inf", decimal(node.value));
    }
  }

  function equal(key: string, value: FilterValue): string {
    const { alias, type } = indexedField(key, fields);
    if (type === "NUMERIC") return range(key, decimal(value), decimal(value));
    if (type === "TAG") return `(@${alias}:{${escapeTag(String(value))}})`;
    return `(@${alias}:${phrase(String(value))})`;
  }

  function range(key: string, from: string, to: string): string {
    const { alias, type } = indexedField(key, fields);
    if (type !== "NUMERIC") throw invalid(`${key} is indexed as ${type}: it cannot be compared with a number`);
    return `(@${alias}:[${from} ${to}])`;
  }
}

export function indexedField(key: string, fields: ReadonlyMap<string, IndexedField>): IndexedField {
  const field = fields.get(key);
  if (!field) throw invalid(`${key} is not in the query index`);
  return field;
}

const wordCharacter = String.raw`[\p{L}\p{N}\p{M}_]`;
const notWords = new RegExp(String.raw`[^\p{L}\p{N}\p{M}_]+`, "gu");
/** In an item's text, the server takes what follows a backslash for a part of the word: such words cannot be asked for. */
const escapedWords = new RegExp(String.raw`(?:${wordCharacter}*\\.?)+${wordCharacter}*`, "gsu");

/** The words in their order. Everything that is no letter or digit separates words in the index too. */
function phrase(text: string): string {
  const phrases = text
    .split(escapedWords)
    .map((part) => part.replace(notWords, " ").trim())
    .filter((part) => part !== "");
  if (phrases.length === 0) throw invalid(`${JSON.stringify(text)} has no word to look for`);
  return `(${phrases.map((each) => `"${each}"`).join(" ")})`;
}

function escapeTag(text: string): string {
  return text.replace(/[^\p{L}\p{N}_]/gu, "\\$&");
}

function decimal(value: FilterValue): string {
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  throw invalid(`${JSON.stringify(value)} is not a number, as the index wants it`);
}

function invalid(problem: string): ComponentError {
  return new ComponentError("invalid-argument", `The query cannot be answered: ${problem}`);
}

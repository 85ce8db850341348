/** A command line as words: blanks separate, quotes of either kind keep together. No shell is involved. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (const letter of line) {
    if (quote !== undefined) {
      if (letter === quote) quote = undefined;
      else word = (word ?? "") + letter;
    } else if (letter === "'" || letter === '"') {
      quote = letter;
      word ??= "";
    } else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + letter;
  }
  if (quote !== undefined) throw new Error(`a quote is not closed in ${JSON.stringify(line)}`);
  if (word !== undefined) words.push(word);
  if (words.length === 0) throw new Error("--command is empty");
  return words;
}

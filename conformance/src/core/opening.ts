/** Metadata whose names are spelt as nobody would, which Dapr takes all the same. */
export function oddCase(properties: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [alternate(name), value]));
}

export const unknownField = { trilbyUnknownField: "x" };

function alternate(name: string): string {
  return Array.from(name, (letter, index) => (index % 2 === 0 ? letter.toUpperCase() : letter.toLowerCase())).join("");
}

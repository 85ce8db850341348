/** Things to end, in the opposite order of their beginnings. */
export interface Undo {
  push(end: () => unknown): void;
  all(): Promise<void>;
}

export function createUndo(): Undo {
  const ends: (() => unknown)[] = [];
  return {
    push: (end) => void ends.push(end),
    async all() {
      for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end();
    },
  };
}

import type { AppSubscription } from "./app-subscription.ts";
import type { Match } from "./cel.ts";
import type { IncomingEvent } from "./incoming-event.ts";
import type { Postman } from "./postman.ts";

/** Which postman brings an event to the application. */
export interface Routes {
  /** Undefined when no rule is for the event. Throws when a rule fails for it. */
  choose(event: IncomingEvent): Postman | undefined;
  readonly postmen: readonly Postman[];
}

/** What rules make of an event: the path of the first that is for it. */
export type PathOf = (event: IncomingEvent) => string | undefined;

/** Reads the rules of a subscription. Rejects with what is wrong with an expression. */
export async function readRules(rules: AppSubscription["rules"]): Promise<PathOf> {
  if (rules.every(({ match }) => match === "")) return () => rules[0]?.path;
  // Some subscriptions need it, and it takes a tenth of a second.
  const { compileMatch } = await import("./cel.ts");
  const compiled = rules.map(({ match, path }): { path: string; matches: Match } => {
    try {
      return { path, matches: match === "" ? always : compileMatch(match) };
    } catch (error) {
      throw new Error(
        `its route ${path} has the match ${JSON.stringify(match)}, which is no CEL expression: ${(error as Error).message}`,
        { cause: error },
      );
    }
  });
  return ({ attributes }) => compiled.find(({ matches }) => matches(attributes))?.path;
}

/** Every event goes the same way. */
export function oneRoute(postman: Postman): Routes {
  return { choose: () => postman, postmen: [postman] };
}

/** By rules; each path has one postman, however many rules lead there. */
export function routesBy(
  pathOf: PathOf,
  rules: AppSubscription["rules"],
  createPostman: (path: string) => Postman,
): Routes {
  const postmen = new Map<string, Postman>();
  for (const { path } of rules) if (!postmen.has(path)) postmen.set(path, createPostman(path));
  return {
    choose(event) {
      const path = pathOf(event);
      return path === undefined ? undefined : postmen.get(path);
    },
    postmen: [...postmen.values()],
  };
}

function always(): boolean {
  return true;
}

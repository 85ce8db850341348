import { posix } from "node:path";

/**
 * A route of the application as the path of a request: one leading slash, none at the end, dots resolved, what cannot
 * stand in a request line percent-encoded. A query stays.
 */
export function appPath(route: string): string {
  const mark = route.indexOf("?");
  const path = mark < 0 ? route : route.slice(0, mark);
  const query = mark < 0 ? "" : route.slice(mark);
  const clean = posix.normalize(`/${path}`);
  const bare = clean.length > 1 && clean.endsWith("/") ? clean.slice(0, -1) : clean;
  return (bare + query).toWellFormed().replace(/[^\x21-\x7e]+|#/gu, encodeURIComponent);
}

import type { HttpRoute } from "./route.ts";

/** Finds the route of a request. Built once; a look-up walks the path's segments and allocates only the parameters. */
export interface Router {
  /** `path` is cleaned and escaped. The parameters, still escaped, are put into `params`. */
  find(method: string, path: string, params: string[]): HttpRoute | undefined;
}

/** In each place fixed text wins over a parameter, a parameter over the rest of the path; the other ways are tried when the first leads nowhere. */
export function createRouter(routes: readonly HttpRoute[]): Router {
  const root = emptyNode();
  for (const route of routes) add(root, route);
  return {
    find: (method, path, params) => find(root, method, path, 1, params),
  };
}

interface Node {
  readonly fixed: Map<string, Node>;
  parameter: Node | undefined;
  /** By method. */
  readonly here: Map<string, HttpRoute>;
  readonly rest: Map<string, HttpRoute>;
}

function emptyNode(): Node {
  return { fixed: new Map(), parameter: undefined, here: new Map(), rest: new Map() };
}

function add(root: Node, route: HttpRoute): void {
  let node = root;
  const segments = route.path.slice(1).split("/");
  for (const [index, segment] of segments.entries()) {
    if (segment.endsWith("...}")) {
      if (index !== segments.length - 1) throw new Error(`route ${route.path}: ${segment} must come last`);
      return register(node.rest, route);
    }
    if (segment.startsWith("{")) node = node.parameter ??= emptyNode();
    else {
      let next = node.fixed.get(segment);
      if (next === undefined) node.fixed.set(segment, (next = emptyNode()));
      node = next;
    }
  }
  register(node.here, route);
}

function register(byMethod: Map<string, HttpRoute>, route: HttpRoute): void {
  for (const method of route.methods) {
    if (byMethod.has(method)) throw new Error(`route ${method} ${route.path} is registered twice`);
    byMethod.set(method, route);
  }
}

function find(node: Node, method: string, path: string, start: number, params: string[]): HttpRoute | undefined {
  if (start >= path.length) return node.here.get(method);
  const slash = path.indexOf("/", start);
  const end = slash < 0 ? path.length : slash;
  const segment = path.slice(start, end);

  const fixed = node.fixed.get(segment);
  if (fixed !== undefined) {
    const route = find(fixed, method, path, end + 1, params);
    if (route !== undefined) return route;
  }
  if (node.parameter !== undefined) {
    const count = params.length;
    params.push(segment);
    const route = find(node.parameter, method, path, end + 1, params);
    if (route !== undefined) return route;
    params.length = count;
  }
  const route = node.rest.get(method);
  if (route !== undefined) params.push(path.slice(start));
  return route;
}

import type { StreamHandler, UnaryHandler } from "./rpc-server.ts";

/** Who serves a method: one of both. */
export interface Route {
  readonly unary: UnaryHandler | undefined;
  readonly stream: StreamHandler | undefined;
}

export class Routes {
  readonly #routes = new Map<string, Route>();
  #fallback: Route | undefined;

  unary(path: string, unary: UnaryHandler): void {
    this.#add(path, { unary, stream: undefined });
  }

  stream(path: string, stream: StreamHandler): void {
    this.#add(path, { unary: undefined, stream });
  }

  fallback(stream: StreamHandler): void {
    this.#fallback = { unary: undefined, stream };
  }

  find(path: string): Route | undefined {
    return this.#routes.get(path) ?? this.#fallback;
  }

  #add(path: string, route: Route): void {
    if (this.#routes.has(path)) throw new Error(`A handler for ${path} was registered before.`);
    this.#routes.set(path, route);
  }
}

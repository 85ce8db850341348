import { ComponentError } from "@trilby/kit";
import type { Binding, BindingEvent, DeliverEvent, InvokeRequest, InvokeResult } from "@trilby/kit";

import type { LoadedComponent } from "../../src/components/registry.ts";

/** A binding in memory, on the contract, in both directions. */
export interface TestLink {
  readonly binding: Binding;
  readonly invoked: InvokeRequest[];
  /** What `invoke` does; absent: nothing to answer. */
  answer: ((request: InvokeRequest) => InvokeResult | undefined) | undefined;
  readonly isRead: boolean;
  /** How many attempts to read fail before one works. */
  readFailures: number;
  /** Runs when the reader was asked to close and still could deliver. */
  onClose?: () => Promise<void>;
  /** Gives an event to the host; resolves to what came back, or to its fate. */
  send(
    data: unknown,
    metadata?: BindingEvent["metadata"],
  ): Promise<{ readonly answered: string } | { readonly refused: string } | "kept">;
}

export function createLink(operations: readonly string[] = ["create", "get"]): TestLink {
  let deliver: DeliverEvent | undefined;
  const underWay = new Set<Promise<unknown>>();
  const link: TestLink = {
    invoked: [],
    answer: undefined,
    readFailures: 0,
    get isRead() {
      return deliver !== undefined;
    },
    send(data, metadata = {}) {
      if (deliver === undefined) throw new Error("nobody reads");
      const bytes =
        data instanceof Uint8Array ? data : Buffer.from(typeof data === "string" ? data : JSON.stringify(data));
      const handling = deliver({ data: bytes, metadata }).then(
        (answer) => ({ answered: Buffer.from(answer).toString() }),
        (error: Error) =>
          ComponentError.is(error) && error.code === "cancelled" ? "kept" : { refused: error.message },
      );
      underWay.add(handling);
      return handling.finally(() => underWay.delete(handling));
    },
    binding: {
      operations,
      async invoke(request) {
        link.invoked.push(request);
        return link.answer?.(request);
      },
      async read(given) {
        if (link.readFailures-- > 0) throw new Error("no connection");
        deliver = given;
        return {
          async close() {
            await link.onClose?.();
            deliver = undefined;
            await Promise.all([...underWay]);
          },
        };
      },
      close: async () => undefined,
    },
  };
  return link;
}

export function bindingComponent(
  name: string,
  binding: Partial<Binding>,
  properties: Record<string, string> = {},
): LoadedComponent<"bindings"> {
  return {
    name,
    kind: "bindings",
    type: "bindings.test",
    version: "v1",
    instance: { close: async () => undefined, ...binding },
    features: [],
    properties: new Map(Object.entries(properties)),
  };
}

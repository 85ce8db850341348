import type { InvokeRequest, InvokeResult } from "@trilby/kit";

import type { ComponentRegistry, LoadedComponent } from "../../components/registry.ts";
import type { Metrics, OperationMetric } from "../../observability/metrics.ts";
import { notReady } from "../not-ready.ts";

/** The rules of invoking output bindings, shared by the two APIs and by what applications answer to events. */
export interface Outputs {
  /** Rejects with `UnusableBinding`, with the component's own error, or with an `ApiError` while the component is not ready. */
  invoke(name: string, request: InvokeRequest): Promise<InvokeResult | undefined>;
}

/** The request can never succeed as it is; the message is Dapr's. */
export class UnusableBinding extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UnusableBinding";
  }
}

export function createOutputs(registry: ComponentRegistry, metrics: Metrics): Outputs {
  const open = new Map<string, Output>();

  const find = (name: string): Output => {
    const component = registry.get("bindings", name);
    const known = open.get(name);
    if (component !== undefined && known?.component === component) return known;
    open.delete(name);
    if (component === undefined || component.instance.invoke === undefined || !hasDirection(component, "output")) {
      throw (
        (component === undefined && notReady(registry, "bindings", name)) ||
        new UnusableBinding(`couldn't find output binding ${name}`)
      );
    }
    const output: Output = {
      component,
      operations: component.instance.operations ?? [],
      // Only operations that exist are measured: a client that makes up names must not fill the memory.
      metrics: new Map(
        component.instance.operations?.map((each) => [each, metrics.componentOperation("output_binding", name, each)]),
      ),
    };
    open.set(name, output);
    return output;
  };

  return {
    async invoke(name, request) {
      if (request.operation === "") throw new UnusableBinding("operation field is missing from request");
      const { component, operations, metrics: handles } = find(name);
      const metric = handles.get(request.operation);
      if (metric === undefined) {
        throw new UnusableBinding(
          `binding ${name} does not support operation ${request.operation}. supported operations:${operations.join(" ")}`,
        );
      }
      const startedAt = performance.now();
      try {
        const result = await component.instance.invoke!(request);
        metric.record(true, startedAt);
        return result;
      } catch (error) {
        metric.record(false, startedAt);
        throw error;
      }
    },
  };
}

/** Whether the resource's `direction` lets the component be used that way; without one it may. */
export function hasDirection(component: LoadedComponent<"bindings">, direction: "input" | "output"): boolean {
  return saidDirections(component)?.includes(direction) ?? true;
}

/** The directions that the resource names; undefined when it names none. */
export function saidDirections({ properties }: LoadedComponent<"bindings">): readonly string[] | undefined {
  return properties
    .get("direction")
    ?.split(",")
    .map((word) => word.trim().toLowerCase());
}

interface Output {
  readonly component: LoadedComponent<"bindings">;
  readonly operations: readonly string[];
  readonly metrics: ReadonlyMap<string, OperationMetric>;
}

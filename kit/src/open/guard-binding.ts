import type { Binding } from "../contract/binding.ts";
import { ComponentError } from "../errors/component-error.ts";
import type { Lifetime } from "./lifetime.ts";

export function guardBinding(binding: Binding, lifetime: Lifetime): Binding {
  const { invoke, read, ping, operations } = binding;
  const guarded: { -readonly [K in keyof Binding]: Binding[K] } = { close: () => lifetime.close() };
  if (invoke && operations) {
    const known = new Set(operations);
    guarded.operations = operations;
    guarded.invoke = (request, call) => {
      if (!lifetime.open) return lifetime.refuse();
      if (known.has(request.operation)) return invoke.call(binding, request, call);
      const problem = `unknown operation ${JSON.stringify(request.operation)}: it is one of ${operations.join(", ")}`;
      return Promise.reject(new ComponentError("invalid-argument", problem));
    };
  }
  if (read) guarded.read = (deliver) => (lifetime.open ? read.call(binding, deliver) : lifetime.refuse());
  if (ping) guarded.ping = (call) => (lifetime.open ? ping.call(binding, call) : lifetime.refuse());
  return guarded;
}

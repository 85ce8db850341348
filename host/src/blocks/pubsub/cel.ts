import { celEnv, isCelError, parse, plan, type CelInput } from "@bufbuild/cel";

import { celJson } from "./cel-json.ts";

/** Whether an event, by its attributes, is one that an expression asks for. Throws where the expression fails for it. */
export type Match = (attributes: Readonly<Record<string, unknown>>) => boolean;

/**
 * Compiles a CEL expression over the variable `event`. Throws what is wrong with it: its grammar, or a function that there is none
 * of. What it makes of an event depends on the event, so types are looked at only then. Regular expressions are those of RE2.
 */
export function compileMatch(expression: string): Match {
  // The library takes a comment for one only at the end of a line.
  const parsed = parse(`${expression}\n`);
  if (parsed.expr !== undefined) checkCalls(parsed.expr);
  const evaluate = plan(environment, parsed);
  return (attributes) => {
    const result = evaluate({ event: celJson(attributes) as CelInput });
    if (isCelError(result)) throw new Error(`the match expression ${expression} failed: ${result.message}`);
    if (typeof result !== "boolean") throw new Error(`the result of match expression ${expression} was not a boolean`);
    return result;
  };
}

const environment = celEnv();

/** Calls that are not looked up: they do not need all of their arguments, or bring their own way to find what they are for. */
const operators: ReadonlySet<string> = new Set(["_&&_", "_||_", "_?_:_", "_[_]", "@not_strictly_false"]);

type Expression = NonNullable<ReturnType<typeof parse>["expr"]>;

/** Functions are looked up when they are called; one that is never there should not wait for the first event to say so. */
function checkCalls(expression: Expression): void {
  const { exprKind: kind } = expression;
  if (kind.case === "callExpr") {
    const { value: call } = kind;
    // The library has it as a method alone; CEL has both.
    if (call.function === "matches" && call.target === undefined && call.args.length === 2) {
      call.target = call.args.shift()!;
    }
    if (environment.funcs.find(call.function) === undefined && !operators.has(call.function))
      throw new Error(`there is no function ${call.function}`);
  }
  for (const part of partsOf(kind)) if (part !== undefined) checkCalls(part);
}

function partsOf(kind: Expression["exprKind"]): (Expression | undefined)[] {
  switch (kind.case) {
    case "callExpr":
      return [kind.value.target, ...kind.value.args];
    case "selectExpr":
      return [kind.value.operand];
    case "listExpr":
      return kind.value.elements;
    case "structExpr":
      return kind.value.entries.flatMap(({ keyKind, value }) => [
        keyKind.case === "mapKey" ? keyKind.value : undefined,
        value,
      ]);
    case "comprehensionExpr": {
      const { iterRange, accuInit, loopCondition, loopStep, result } = kind.value;
      return [iterRange, accuInit, loopCondition, loopStep, result];
    }
    default:
      return [];
  }
}

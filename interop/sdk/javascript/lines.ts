/** Takes a step and prints its line. */
export async function step(name: string, run: () => Promise<unknown>): Promise<void> {
  try {
    print({ step: name, result: accepted(await run()) });
  } catch (error) {
    print({ step: name, error: shown(error) });
  }
}

/** A step that has to fail. `after` reads what there is then. */
export async function refusedStep(
  name: string,
  run: () => Promise<unknown>,
  after?: () => Promise<unknown>,
): Promise<void> {
  let line: object = { step: name, result: "not refused" };
  try {
    accepted(await run());
  } catch (error) {
    line = { step: name, error: shown(error) };
  }
  print(after === undefined ? line : { ...line, after: await after() });
}

export function unsupportedStep(name: string, why: string): void {
  print({ step: name, unsupported: why });
}

export function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** The SDK returns some errors instead of throwing them: `{ error }`. */
export function accepted(answer: unknown): unknown {
  if (answer !== null && typeof answer === "object" && "error" in answer) throw answer.error;
  return answer;
}

interface Shown {
  readonly code: string;
  readonly message: string;
}

/** What the SDK lets an application see of a refusal. Over gRPC it throws some errors inside of an object. */
function shown(error: unknown): Shown {
  if (error !== null && typeof error === "object" && !(error instanceof Error) && "error" in error)
    return shown(error.error);
  if (!(error instanceof Error)) return { code: "", message: JSON.stringify(error) };
  if ("rawMessage" in error && "code" in error)
    return { code: statusNames[Number(error.code)] ?? "", message: String(error.rawMessage) };
  return shownOverHttp(error.message) ?? { code: "", message: error.message };
}

/** The status, and Dapr's error code behind it where there is one. */
function shownOverHttp(text: string): Shown | undefined {
  try {
    const { status, error_msg: body } = JSON.parse(text) as { status: number; error_msg: string };
    const { errorCode, message } = JSON.parse(body) as { errorCode: string; message: string };
    return { code: `${status} ${errorCode}`, message };
  } catch {
    return undefined;
  }
}

const statusNames = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];

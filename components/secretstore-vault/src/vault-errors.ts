import { ComponentError, type ErrorCode } from "@trilby/kit";
import type { VaultAnswer } from "./sender.ts";

/** What an answer other than success means. `doing` completes "cannot ...". */
export function vaultError(address: string, doing: string, { status, body }: VaultAnswer): ComponentError {
  const said = errorsOf(body).join("; ");
  const sealed = (body as { readonly sealed?: boolean } | undefined)?.sealed === true || /Vault is sealed/i.test(said);
  if (status === 503 && sealed) {
    return new ComponentError(
      "unavailable",
      `cannot ${doing}: Vault at ${address} is sealed; unseal it (vault operator unseal)`,
    );
  }
  if (/no handler for route/i.test(said)) {
    return new ComponentError(
      "failed-precondition",
      `cannot ${doing}: Vault at ${address} has no engine there; set enginePath`,
    );
  }
  const code = isBadToken(said) ? "unauthenticated" : codeOf(status);
  const hint = hints[code] ?? "";
  return new ComponentError(
    code,
    `cannot ${doing}: Vault at ${address} answered ${status}${said === "" ? "" : ` (${said})`}${hint}`,
  );
}

function errorsOf(body: unknown): string[] {
  const { errors } = (body ?? {}) as { readonly errors?: unknown };
  if (!Array.isArray(errors)) return [];
  return errors.map((error) => String(error).replace(/\s+/g, " ").trim()).filter((error) => error !== "");
}

function isBadToken(said: string): boolean {
  return /invalid token|bad token|missing client token/i.test(said);
}

function codeOf(status: number): ErrorCode {
  return codes[status] ?? (status >= 500 ? "unavailable" : "internal");
}

const codes: Readonly<Record<number, ErrorCode>> = {
  400: "invalid-argument",
  401: "unauthenticated",
  403: "permission-denied",
  404: "not-found",
  405: "failed-precondition",
  429: "resource-exhausted",
};

const hints: Readonly<Partial<Record<ErrorCode, string>>> = {
  unauthenticated: "; give a valid token by vaultToken or vaultTokenMountPath",
  "permission-denied": "; the token's policy must allow it",
};

/**
 * Puts environment variables into a Configuration file's text: `$NAME` and `${NAME}` everywhere, absent ones become empty.
 * Go's os.ExpandEnv: a `$` before anything that cannot begin a name stays.
 */
export function expandEnvironment(text: string, environment: Readonly<Record<string, string | undefined>>): string {
  return text.replace(
    /\$(?:\{([^}]*)\}|([A-Za-z_][A-Za-z0-9_]*|[*#$@!?0-9-]))/g,
    (_whole, braced?: string, bare?: string) => environment[braced ?? bare ?? ""] ?? "",
  );
}

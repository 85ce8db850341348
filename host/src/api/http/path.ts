/** Where the query begins, or the length of the target when there is none. */
export function pathEnd(target: string): number {
  const end = target.indexOf("?");
  return end < 0 ? target.length : end;
}

/** The request target in origin form: an absolute one (`http://host/path`) loses scheme and host. */
export function originForm(target: string): string {
  if (target.charCodeAt(0) === slash) return target;
  const scheme = target.indexOf("://");
  if (scheme < 0) return target;
  const path = target.indexOf("/", scheme + 3);
  if (path >= 0) return target.slice(path);
  const query = target.indexOf("?", scheme + 3);
  return query < 0 ? "/" : `/${target.slice(query)}`;
}

/** `//`, `.` and `..` resolved and a trailing slash removed: what routes are matched against. Still escaped. */
export function cleanPath(path: string): string {
  if (
    path.charCodeAt(0) === slash &&
    !path.includes("//") &&
    !path.includes("/.") &&
    (path.length === 1 || path.charCodeAt(path.length - 1) !== slash)
  ) {
    return path;
  }
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  return `/${segments.join("/")}`;
}

/** Whether every `%` is followed by two hexadecimal digits. */
export function hasValidEscapes(path: string): boolean {
  for (let at = path.indexOf("%"); at >= 0; at = path.indexOf("%", at + 3)) {
    if (!isHex(path.charCodeAt(at + 1)) || !isHex(path.charCodeAt(at + 2))) return false;
  }
  return true;
}

/** `%XX` and `+` undone, as in a query; undefined when an escape is broken. Bytes that are not UTF-8 become U+FFFD. */
export function unescapeQuery(text: string): string | undefined {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  if (!hasValidEscapes(spaced)) return undefined;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return Buffer.from(
      Buffer.from(spaced)
        .toString("latin1")
        .replace(/%(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
      "latin1",
    ).toString("utf8");
  }
}

const slash = 47;

function isHex(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);
}

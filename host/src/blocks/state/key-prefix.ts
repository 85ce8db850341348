/** Between the parts of a stored key. Apps may not use it in theirs. */
export const separator = "||";

/**
 * What stands before every key of a store, from its `keyPrefix`: the app's id (default), the component's name, the
 * namespace and the app's id, nothing, or any other text as it is, in lower case.
 */
export function keyPrefix(
  strategy: string | undefined,
  store: string,
  appId: string,
  namespace: string | undefined,
): string {
  const lower = (strategy ?? "appid").toLowerCase();
  if (lower.includes(separator)) throw new Error(illegalKey(lower));
  switch (lower) {
    case "none":
      return "";
    case "name":
      return store + separator;
    case "appid":
      return appId + separator;
    case "namespace":
      return namespace === undefined || namespace === "" ? appId + separator : `${namespace}.${appId}${separator}`;
    default:
      return lower + separator;
  }
}

/** The app's key of a stored one: the part behind the first separator. */
export function originalKey(stored: string): string {
  const start = stored.indexOf(separator);
  if (start < 0) return stored;
  const end = stored.indexOf(separator, start + separator.length);
  return end < 0 ? stored.slice(start + separator.length) : stored.slice(start + separator.length, end);
}

export function illegalKey(key: string): string {
  return `input key/keyPrefix '${key}' can't contain '${separator}'`;
}

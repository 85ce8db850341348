export interface Address {
  /** What the client library connects to: without credentials, in its own scheme. */
  readonly url: string;
  /** Fit to be shown. */
  readonly shown: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

export function readAddress(text: string): Address {
  const { protocol, username, password, host, pathname, search } = new URL(text);
  const scheme = schemes[protocol]!;
  const path = scheme.startsWith("ws") ? `${pathname}${search}` : "";
  const url = `${scheme}://${host}${path}`;
  return { url, shown: url, username: decoded(username), password: decoded(password) };
}

/** Undefined: none. Never shows the address, which may hold a password. */
export function addressProblem(text: string): string | undefined {
  if (!URL.canParse(text))
    return "url must be an address such as mqtt://localhost:1883 (its value is a secret and not shown)";
  const { protocol, hostname } = new URL(text);
  if (!(protocol in schemes)) return `url must begin with mqtt://, mqtts://, ws:// or wss://, not with ${protocol}`;
  return hostname === "" ? "url names no host" : undefined;
}

const schemes: Readonly<Record<string, string>> = {
  "mqtt:": "mqtt",
  "tcp:": "mqtt",
  "mqtts:": "mqtts",
  "ssl:": "mqtts",
  "tls:": "mqtts",
  "tcps:": "mqtts",
  "ws:": "ws",
  "wss:": "wss",
};

function decoded(text: string): string | undefined {
  if (text === "") return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    // A password may hold a percent sign that nobody escaped.
    return text;
  }
}

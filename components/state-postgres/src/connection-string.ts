/** Parameters of a connection by libpq's names: host, port, user, dbname, sslmode, ... */
export type ConnectionParameters = Map<string, string>;

/** Reads a URL or libpq's form `host=... user=...`. Errors never repeat the text: it may hold a password. */
export function readConnectionString(connectionString: string): ConnectionParameters {
  const text = connectionString.trim();
  const parameters = /^postgres(ql)?:\/\//.test(text) ? readUrl(text) : readPairs(text);
  const database = parameters.get("database");
  if (database !== undefined) {
    parameters.delete("database");
    parameters.set("dbname", database);
  }
  return parameters;
}

function readUrl(text: string): ConnectionParameters {
  const url = URL.parse(text);
  if (!url) throw new Error("is not a valid URL (special characters of a password are written as %XX)");
  const parameters: ConnectionParameters = new Map();
  const set = (name: string, value: string) => {
    if (value !== "") parameters.set(name, value);
  };
  try {
    set("user", decodeURIComponent(url.username));
    set("password", decodeURIComponent(url.password));
    set("host", decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, "$1"));
    set("port", url.port);
    set("dbname", decodeURIComponent(url.pathname.slice(1)));
  } catch {
    throw new Error("has a % that is not followed by two hexadecimal digits");
  }
  for (const [name, value] of url.searchParams) set(name, value);
  return parameters;
}

const pair = /\s*([A-Za-z_][\w.]*)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))(?=\s|$)/y;

function readPairs(text: string): ConnectionParameters {
  const parameters: ConnectionParameters = new Map();
  pair.lastIndex = 0;
  while (pair.lastIndex < text.length) {
    const match = pair.exec(text);
    if (!match) throw new Error("must be a postgres:// URL or pairs such as host=localhost user=postgres");
    const [, name, quoted, plain] = match;
    parameters.set(name!.toLowerCase(), (quoted ?? plain ?? "").replace(/\\(.)/g, "$1"));
  }
  return parameters;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

const defaultPort = 6379;

/** The addresses of `redisHost`. `redisPort` is for those without a port. */
export function readAddresses(redisHost: string, redisPort: number): Address[] {
  return entries(redisHost).map((entry) => {
    const { host, port } = split(entry);
    return { host, port: port ?? (redisPort || defaultPort) };
  });
}

export function addressProblems(redisHost: string, redisPort: number): string[] {
  const problems: string[] = [];
  for (const entry of entries(redisHost)) {
    const { host, port } = split(entry);
    if (host === "" || (port !== undefined && !(port >= 1 && port <= 65_535))) {
      problems.push(`redisHost must be host or host:port, but is ${JSON.stringify(entry)}`);
    } else if (port !== undefined && redisPort !== 0 && port !== redisPort) {
      problems.push(`redisHost has the port ${port} and redisPort is ${redisPort}: drop one of them`);
    }
  }
  return problems;
}

function entries(redisHost: string): string[] {
  return redisHost.split(",").map((entry) => entry.trim());
}

/** `host`, `host:port`, `[v6]:port`, `[v6]` or a bare IPv6 address. */
function split(entry: string): { host: string; port: number | undefined } {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::([^:]*))?$/.exec(entry);
  if (!match) return { host: entry, port: undefined };
  const [, bracketed, plain, port] = match;
  return {
    host: bracketed ?? plain ?? "",
    port: port === undefined ? undefined : /^\d+$/.test(port) ? Number(port) : Number.NaN,
  };
}

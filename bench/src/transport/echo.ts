/** What the peers of these rows serve: every message comes back as it is. */
export const echo = { unary: "/trilby.bench.Echo/Unary", stream: "/trilby.bench.Echo/Stream" } as const;

/** Enough for the largest message here. */
export const maxMessageBytes = 128 * 1024 * 1024;

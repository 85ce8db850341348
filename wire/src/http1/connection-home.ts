import type { Http1ServerOptions } from "./server.ts";
import type { ServerConnection } from "./server-connection.ts";

/** What a connection needs of its server. */
export interface ConnectionHome {
  readonly options: Http1ServerOptions;
  readonly maxHeadBytes: number;
  readonly isClosing: boolean;
  /** The connection has begun a head, or should: it has so much time. */
  awaitHead(connection: ServerConnection): void;
  headCame(connection: ServerConnection): void;
  forget(connection: ServerConnection): void;
}

import { parseArgs } from "node:util";

export interface Arguments {
  readonly socket: string | undefined;
  readonly socketsFolder: string | undefined;
  readonly name: string | undefined;
  readonly only: string | undefined;
  readonly show: "help" | "version" | "metadata" | undefined;
}

/** Throws an Error for people when an argument is not known or not complete. */
export function parseArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: {
      socket: { type: "string" },
      "sockets-folder": { type: "string" },
      name: { type: "string" },
      only: { type: "string" },
      metadata: { type: "boolean" },
      version: { type: "boolean", short: "v" },
      help: { type: "boolean", short: "h" },
    },
  });
  const { socket, name, only, help, version, metadata } = values;
  if (socket !== undefined && name !== undefined)
    throw new Error("--socket already says where to serve: leave --name out.");
  const show = help ? "help" : version ? "version" : metadata ? "metadata" : undefined;
  return { socket, socketsFolder: values["sockets-folder"], name, only, show };
}

export function helpText(types: readonly string[]): string {
  return `Serves ${types.join(", ")} on Dapr's pluggable component protocol.

  --socket PATH            serve on this socket alone
  --sockets-folder FOLDER  folder for the sockets; else $DAPR_COMPONENTS_SOCKETS_FOLDER, else
                           $DAPR_COMPONENT_SOCKETS_FOLDER, else /tmp/dapr-components-sockets
  --name NAME              socket name, which is the component's type behind its category; else from the type
  --only TYPE[/VERSION]    serve this component of the package alone
  --metadata               print the manifest of the components as JSON
  --version, --help

Prints "trilby component ready PATH" for each socket once it takes calls. Ends on SIGTERM and SIGINT when the messages
under way were handled.

  TRILBY_PARENT=stdin           end when standard input closes, as it does when the parent process dies
  TRILBY_LOG_LEVEL              debug, info, warn or error; default info
  TRILBY_LOG_FORMAT=json        log as JSON, one object a line
  TRILBY_MAX_MESSAGE_BYTES      largest message to deliver; default 4194304, which every gRPC client takes
`;
}

/** A language, its SDK, and how an app in it is had. One module a language exports one of these. */
export interface Language {
  readonly name: string;
  /** Every pair of protocols that its SDK speaks, see APP.md. */
  readonly combinations: readonly Combination[];
  /**
   * Builds what is not in the cache; cheap when all is there. Throws `NotBuilt` (of interop-judging), with what to install, where the
   * tools of the language are missing.
   */
  build(): Promise<AppCommand> | AppCommand;
}

export interface Combination {
  /** How the app calls the daemon. */
  readonly client: Protocol;
  /** How the daemon calls the app. */
  readonly app: Protocol;
}

export type Protocol = "http" | "grpc";

export interface AppCommand {
  readonly program: string;
  readonly words: readonly string[];
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

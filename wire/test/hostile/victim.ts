import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Http2ServerOptions } from "../../src/http2/index.ts";
import type { FromVictim, Memory, ToVictim } from "./victim-messages.ts";

/** A process that is attacked. */
export class Victim {
  /** What nobody caught there. */
  readonly escaped: string[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;

  constructor() {
    this.#child = fork(join(import.meta.dirname, "victim-process.ts"), {
      execArgv: ["--expose-gc", "--conditions=@trilby/source"],
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    this.#ended = once(this.#child, "exit");
    this.#child.on("message", (message: FromVictim) => {
      if (message.kind === "escaped") this.escaped.push(message.what);
    });
  }

  /** Starts a server there, and gives its port. */
  async serve(options: Http2ServerOptions): Promise<number> {
    return (await this.#ask({ kind: "serve", options }, "serving")).port;
  }

  /** Makes requests from there. Resolves when the connection has ended. */
  call(
    port: number,
    times: number,
    { open, consumes, options }: Omit<ToVictim & { kind: "call" }, "kind" | "port" | "times">,
  ): Promise<FromVictim & { kind: "called" }> {
    return this.#ask({ kind: "call", port, times, open, consumes, options }, "called");
  }

  /** Its memory from now on, to be held against what it was: peaks count. */
  async watch(): Promise<{ growth(): Promise<{ peakBytes: number; endBytes: number; memory: Memory }> }> {
    const before = (await this.memory()).memory;
    this.#send({ kind: "watch" });
    return {
      growth: async () => {
        const { memory, peak } = await this.memory();
        return {
          memory,
          peakBytes: peak.liveBytes - before.liveBytes,
          endBytes: memory.liveBytes - before.liveBytes,
        };
      },
    };
  }

  memory(): Promise<FromVictim & { kind: "memory" }> {
    return this.#ask({ kind: "memory" }, "memory");
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  #send(message: ToVictim): void {
    this.#child.send(message);
  }

  #ask<Kind extends FromVictim["kind"]>(message: ToVictim, kind: Kind): Promise<FromVictim & { kind: Kind }> {
    return new Promise((resolve, reject) => {
      const heard = (answer: FromVictim): void => {
        if (answer.kind !== kind) return;
        this.#child.off("message", heard);
        resolve(answer as FromVictim & { kind: Kind });
      };
      this.#child.on("message", heard);
      void this.#ended.then((how) => reject(new Error(`the victim ended with ${how.join()}`)));
      this.#send(message);
    });
  }
}

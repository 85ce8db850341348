#!/usr/bin/env node
import { keepCompiledCode } from "./compile-cache.ts";
import { collectByAllMemory } from "./external-memory.ts";
import { growInOneStep } from "./young-generation.ts";

// First: code is kept for the flags under which it was compiled.
collectByAllMemory();
growInOneStep();
// Then this: what is imported before it is compiled again at every start.
const code = keepCompiledCode("host");
const { run } = await code.load(new URL("command.cjs", import.meta.url), () => import("./command.ts"));
await run(process.argv.slice(2), code);

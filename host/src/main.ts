#!/usr/bin/env node
import { keepCompiledCode } from "./compile-cache.ts";

// First: what is imported before it is compiled again at every start.
keepCompiledCode("host");
const { run } = await import("./command.ts");
await run(process.argv.slice(2));

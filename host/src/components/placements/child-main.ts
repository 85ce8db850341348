import { rmSync } from "node:fs";

import { keepCompiledCode } from "../../compile-cache.ts";
import { collectByAllMemory } from "../../external-memory.ts";
import { giveBackWhenIdle } from "../../idle-memory.ts";
import type { ChildTask } from "./child-process.ts";

// The executable of a component in a child process: one definition of a package on one socket, until the parent is gone.
// Compiled code is kept on disk, because a component that is started again is waited for; it is kept for V8's flags, so they come first.
collectByAllMemory();
keepCompiledCode("component");
const [{ serve }, { loadDefinition }] = await Promise.all([
  import("@trilby/kit/serve"),
  import("../packages/load-definition.ts"),
]);
const task = JSON.parse(process.env["TRILBY_CHILD_TASK"] ?? "{}") as ChildTask;
process.once("exit", () => rmSync(task.folder, { recursive: true, force: true }));
giveBackWhenIdle(() => {});
await serve(await loadDefinition(task.entryUrl, task));

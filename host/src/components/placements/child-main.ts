import { serve } from "@trilby/kit/serve";

import { loadDefinition } from "../packages/load-definition.ts";
import type { ChildTask } from "./child-process.ts";

// The executable of a component in a child process: one definition of a package on one socket, until the parent is gone.
const task = JSON.parse(process.env["TRILBY_CHILD_TASK"] ?? "{}") as ChildTask;
await serve(await loadDefinition(task.entryUrl, task));

#!/usr/bin/env node
import { serve } from "@trilby/kit/serve";
import definition from "./index.ts";

await serve(definition);

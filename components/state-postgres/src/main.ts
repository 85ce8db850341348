#!/usr/bin/env node
import { serve } from "@trilby/kit/serve";
import definitions from "./index.ts";

await serve(definitions);

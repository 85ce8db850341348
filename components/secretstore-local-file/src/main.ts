#!/usr/bin/env node
import { main } from "@trilby/kit/main";

await main(() => import("./index.ts"));

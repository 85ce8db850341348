export { serve } from "./serve.ts";
export type { ServeOptions } from "./serve.ts";
export { startServing } from "./start-serving.ts";
export type { Serving, ServingSettings } from "./start-serving.ts";

export { startApp, type App, type Delivery, type Subscription } from "./app.ts";
export { servePackage, root, type ServedPackage } from "./components.ts";
export { startDaemon, trilbyd, type Daemon } from "./daemon.ts";
export { buildGo, cacheFolder, go, GoNotFound } from "./go.ts";
export { startProcess, type RunningProcess } from "./processes.ts";
export { runJudge, type Verdicts } from "./verdicts.ts";
export { until } from "./until.ts";

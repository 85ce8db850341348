import { readFileSync, readdirSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";

/** Metrics of the process itself, measured when the page is asked for. */
export function processMetrics(): () => string {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const startedAt = Math.round(performance.timeOrigin / 1000);
  return () => {
    const cpu = process.cpuUsage();
    const memory = process.memoryUsage();
    const heap = getHeapStatistics();
    const text = [
      metric(
        "process_cpu_seconds_total",
        "counter",
        "Total user and system CPU time spent in seconds.",
        (cpu.user + cpu.system) / 1e6,
      ),
      metric("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", memory.rss),
      metric(
        "process_start_time_seconds",
        "gauge",
        "Start time of the process since unix epoch in seconds.",
        startedAt,
      ),
      metric("nodejs_heap_size_used_bytes", "gauge", "Heap in use.", memory.heapUsed),
      metric("nodejs_heap_size_total_bytes", "gauge", "Heap taken from the system.", memory.heapTotal),
      metric("nodejs_heap_size_limit_bytes", "gauge", "Largest heap allowed.", heap.heap_size_limit),
      metric("nodejs_external_memory_bytes", "gauge", "Memory of buffers outside the heap.", memory.external),
      metric(
        "nodejs_eventloop_lag_p99_seconds",
        "gauge",
        "99th percentile of the event loop's delay since the last page.",
        seconds(delay.percentile(99)),
      ),
      metric(
        "nodejs_eventloop_lag_max_seconds",
        "gauge",
        "Largest delay of the event loop since the last page.",
        seconds(delay.max),
      ),
      ...descriptors(),
    ].join("");
    delay.reset();
    return text;
  };
}

function descriptors(): string[] {
  try {
    const open = readdirSync("/proc/self/fd").length;
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return [
      metric("process_open_fds", "gauge", "Number of open file descriptors.", open),
      ...(limit === undefined
        ? []
        : [metric("process_max_fds", "gauge", "Maximum number of open file descriptors.", Number(limit))]),
    ];
  } catch {
    return []; // Only Linux has these files.
  }
}

function metric(name: string, type: string, help: string, value: number): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`;
}

function seconds(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) ? nanoseconds / 1e9 : 0;
}

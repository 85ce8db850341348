import { readFileSync } from "node:fs";

/** What a process has in memory now. */
export function residentMb(pid: number): number {
  return ofStatus(pid, "VmRSS");
}

/** The most it ever had. */
export function peakMb(pid: number): number {
  return ofStatus(pid, "VmHWM");
}

function ofStatus(pid: number, name: string): number {
  const [, kilobytes] =
    new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1_024;
}

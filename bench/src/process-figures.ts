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

/** User and system time so far, which the kernel counts in hundredths of a second. */
export function cpuMicrosOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name of the program, in parentheses, may hold blanks. User and system time are fields 14 and 15 of all.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

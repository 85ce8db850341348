import { ComponentError, type DeliverEvent, type Reader } from "@trilby/kit";
import type { Schedule } from "./schedule.ts";

/**
 * Delivers an event each time the schedule comes due. Events overlap when the application is slower than the schedule, up
 * to a limit; beyond it they are left out. What the application answers, also a failure, changes nothing: as in Dapr, the next
 * time comes anyway.
 */
export function startTicking(schedule: Schedule, deliver: DeliverEvent, warn: (problem: string) => void): Reader {
  const underWay = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let open = true;

  const handOver = async (): Promise<void> => {
    try {
      await deliver(eventOf(new Date()));
    } catch (error) {
      // The reader went away in the middle: nobody to blame.
      if (ComponentError.is(error) && error.code === "cancelled") return;
      warn(`the application failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  };

  const fire = (): void => {
    if (underWay.size >= maxUnderWay) {
      warn(`left out an event: ${maxUnderWay} are still with the application`);
      return;
    }
    const delivery = handOver();
    underWay.add(delivery);
    void delivery.finally(() => underWay.delete(delivery));
  };

  const wait = (due: Date | undefined): void => {
    if (!open || due === undefined) return;
    const delayMs = due.getTime() - Date.now();
    const onTime = (): void => {
      if (delayMs > longestTimerMs || due.getTime() > Date.now()) {
        wait(due);
        return;
      }
      // From the time that was due, so that a late timer does not shift what follows; from now, when the machine slept over it.
      const next = schedule.next(due);
      fire();
      wait(next !== undefined && next.getTime() <= Date.now() ? schedule.next(new Date()) : next);
    };
    timer = setTimeout(onTime, Math.max(0, Math.min(delayMs, longestTimerMs)));
  };

  wait(schedule.next(new Date()));
  return {
    async close() {
      open = false;
      clearTimeout(timer);
      await Promise.all(underWay);
    },
  };
}

const maxUnderWay = 100;
/** Node's timers take no more than 31 bits of milliseconds, about 24 days. */
const longestTimerMs = 2 ** 31 - 1;
const noData = new Uint8Array();

function eventOf(time: Date): Parameters<DeliverEvent>[0] {
  // Go names the zone of its clock so, whichever it is.
  return { data: noData, metadata: { timeZone: "Local", readTimeUTC: goTimeText(time) } };
}

/** As Go prints a time in UTC: "2026-11-23 06:28:38.5 +0000 UTC". */
export function goTimeText(time: Date): string {
  const [date = "", clock = ""] = time.toISOString().slice(0, -1).split("T");
  return `${date} ${clock.replace(/\.?0+$/, "")} +0000 UTC`;
}

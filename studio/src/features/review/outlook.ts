/** How far the stop signal is, as the server counts it, less what was decided since it did. */
import { count, plural } from "@/shared/lib/format";

import type { Queue } from "./api";

/** Decisions before which the server only counts; what it says of more is an estimate. */
const FIRST = 50;

export type Told = Pick<Queue, "until" | "reviewed" | "left">;

/** `since`: decisions confirmed after the server said so. */
export function untilSignal({ until, reviewed, left }: Told, since: number): string {
  if (left === 0) return "Nothing is left";
  if (until === null) return `No stop signal yet, ${count(left)} left`;
  const more = Math.max(until - since, 1);
  if (reviewed < FIRST) return `${plural(more, "decision")} to the first stop signal`;
  return more >= left
    ? `All ${count(left)} that are left may help`
    : `About ${plural(more, "decision")} to the stop signal`;
}

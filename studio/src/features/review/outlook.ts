/** How far the stop signal is. The server judges the last doubling of decisions, and not before there are enough of them. */
import { count, plural } from "@/shared/lib/format";

import type { Queue } from "./api";

/** Decisions before which the server says nothing. */
const FIRST = 50;

type Told = Pick<Queue, "outlook" | "verified" | "left">;

/** Decisions until the signal says something it does not say yet; null where that cannot be told. */
export function until({ outlook, verified, left }: Told, since: number): number | null {
  const reviewed = outlook?.reviewed ?? verified + since;
  if (reviewed < FIRST) return Math.min(FIRST - reviewed, left);
  return null;
}

export function untilSignal(queue: Told, since: number): string {
  const more = until(queue, since);
  if (queue.left === 0) return "Nothing is left";
  if (more !== null) return `${plural(more, "decision")} to the first stop signal`;
  return `No stop signal yet, ${count(queue.left)} left`;
}

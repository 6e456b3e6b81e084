/** Which answers were taken for which, as a square: the most frequent labels, the rest together. */
import { shown } from "@/shared/lib/format";

import type { Mistaken } from "./api";

const MOST = 10;
export const REST = "…";
export const UNKNOWN = "(wrong)";

export interface Square {
  /** What was right, down the side. */
  held: string[];
  /** What was answered, along the top. */
  answered: string[];
  count: (held: string, answered: string) => number;
  /** Of all with that right answer. */
  of: (held: string) => number;
}

export function square(mistaken: readonly Mistaken[]): Square {
  const counts = new Map<string, number>();
  for (const { answer, held, number } of mistaken) {
    for (const label of [shown(answer), held === null ? UNKNOWN : shown(held)]) {
      counts.set(label, (counts.get(label) ?? 0) + number);
    }
  }
  const ranked = [...counts]
    .filter(([label]) => label !== UNKNOWN)
    .toSorted(([, one], [, other]) => other - one)
    .map(([label]) => label);
  const named = new Set(ranked.length > MOST ? ranked.slice(0, MOST - 1) : ranked);
  const label = (value: string) => (named.has(value) || value === UNKNOWN ? value : REST);
  const cells = new Map<string, number>();
  for (const { answer, held, number } of mistaken) {
    const key = JSON.stringify([held === null ? UNKNOWN : label(shown(held)), label(shown(answer))]);
    cells.set(key, (cells.get(key) ?? 0) + number);
  }
  const answered = [...named, ...(ranked.length > MOST ? [REST] : [])];
  const held = [...answered, ...(counts.has(UNKNOWN) ? [UNKNOWN] : [])];
  const count = (one: string, other: string) => cells.get(JSON.stringify([one, other])) ?? 0;
  return { held, answered, count, of: (one) => answered.reduce((sum, other) => sum + count(one, other), 0) };
}

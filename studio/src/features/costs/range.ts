/** Which days: the last so many, or from one to another, as the address says. Days are UTC, as the server adds them up. */
import { one, type Search } from "@/shared/lib/search";

export interface Range {
  /** Days as 2026-11-23, both of them in it; null is without an end. */
  from: string | null;
  to: string | null;
}

export const PRESETS = [
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "all", label: "All" },
] as const;

const DEFAULT = "30";
const DAY = 86_400_000;
const SHAPE = /^\d{4}-\d{2}-\d{2}$/;

export const written = (time: number): string => new Date(time).toISOString().slice(0, 10);

function day(search: Search, name: string): string | null {
  const value = one(search, name);
  return value !== null && SHAPE.test(value) && !Number.isNaN(Date.parse(value)) ? value : null;
}

/** The preset that is chosen; empty where days are named. */
export function preset(search: Search): string {
  if (day(search, "from") !== null || day(search, "to") !== null) return "";
  const value = one(search, "days");
  return PRESETS.some((known) => known.value === value) ? (value ?? DEFAULT) : DEFAULT;
}

export function range(search: Search, now = Date.now()): Range {
  const chosen = preset(search);
  if (chosen === "") return { from: day(search, "from"), to: day(search, "to") };
  if (chosen === "all") return { from: null, to: null };
  return { from: written(now - (Number(chosen) - 1) * DAY), to: written(now) };
}

/** What stands in the two fields. Without one: as the address has it. */
export type Typed = Partial<Record<keyof Range, { value: string; half: boolean }>>;

/** The last day that a field takes: with it, a year has four digits. */
export const LAST = "9999-12-31";
const WHOLE = /^[1-9]\d{3}-\d{2}-\d{2}$/;

/** The day that was typed: null in an emptied field, undefined where it is typed in part. The year 0202 is 2026 on its way. */
export function whole({ value, half }: { value: string; half: boolean }): string | null | undefined {
  if (value === "") return half ? undefined : null;
  return WHOLE.test(value) ? value : undefined;
}

/** The range with the days that were typed into it; what is typed in part changes nothing yet. */
export function named(range: Range, typed: Typed): Range {
  const day = (name: keyof Range) => {
    const given = typed[name] && whole(typed[name]);
    return given === undefined ? range[name] : given;
  };
  return { from: day("from"), to: day("to") };
}

export const same = (one: Range, other: Range): boolean => one.from === other.from && one.to === other.to;

/** How an address names a range. One without ends is all days, not the preset that stands for none. */
export const address = ({ from, to }: Range): Record<"from" | "to" | "days", string | null> => ({
  from,
  to,
  days: from === null && to === null ? "all" : null,
});

/** As the API takes it: `until` is the first moment that is out. */
export function moments({ from, to }: Range): { since?: string; until?: string } {
  return {
    ...(from !== null && { since: `${from}T00:00:00Z` }),
    ...(to !== null && { until: `${written(Date.parse(to) + DAY)}T00:00:00Z` }),
  };
}

const MOST = 1_000;

/** Every day of the range, those with nothing too; where it has no ends, from the first that has something to today. */
export function days({ from, to }: Range, keys: readonly string[], now = Date.now()): string[] {
  const first = from ?? keys[0] ?? written(now);
  const last = to ?? written(now);
  const found: string[] = [];
  for (let time = Date.parse(first); time <= Date.parse(last) && found.length < MOST; time += DAY)
    found.push(written(time));
  return found;
}

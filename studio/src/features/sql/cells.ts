/** Values of a result as the grid shows them, by DuckDB's types. */
import { shown } from "@/shared/lib/format";

import type { Value } from "./stream";

const NUMBERS = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|UINTEGER|FLOAT|DOUBLE|DECIMAL.*)$/;

export const numeric = (type: string): boolean => NUMBERS.test(type);

export function text(value: Value): string {
  if (value === null) return "NULL";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(12)));
  return shown(value);
}

/** For sorting: numbers that came as text because a double cannot hold them are numbers still; NULL is last. */
export function compare(a: Value, b: Value, type: string): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (numeric(type)) return Number(a) - Number(b);
  return text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0;
}

/** What an execution would be found by: the longest text of a row. */
export function telling(row: readonly Value[]): string | null {
  let found: string | null = null;
  for (const value of row) if (typeof value === "string" && value.length > (found?.length ?? 0)) found = value;
  return found;
}

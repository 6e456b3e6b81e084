/** Which executions are shown: what the address says, as the API takes it. */
import type { Schemas } from "@/shared/api/client";
import type { Search } from "@/shared/lib/search";
import { all, one } from "@/shared/lib/search";

export type Filter = Partial<Omit<Schemas["Filter"], "cascade_id" | "cell_name" | "trace_id" | "contradiction">> & {
  cascade_id?: string[];
  cell_name?: string[];
  trace_id?: string[];
  contradiction?: true;
};

const TEXTS = [
  "session_id",
  "caller_id",
  "model",
  "label",
  "tag",
  "criterion",
  "source",
  "query_id",
  "search",
  "since",
  "until",
] as const;
const NUMBERS = ["min_confidence", "max_confidence", "min_cost", "max_cost"] as const;
const SWITCHES = ["trainable", "verified", "scored", "used"] as const;
const LISTS = ["cascade_id", "cell_name", "trace_id"] as const;

export const NAMES: readonly string[] = [...TEXTS, ...NUMBERS, ...SWITCHES, ...LISTS, "contradiction"];

/** What of an address is a filter. What cannot be understood is left out. */
export function filterOf(search: Search): Filter {
  const found: Record<string, unknown> = {};
  for (const name of TEXTS) {
    const value = one(search, name);
    if (value !== null) found[name] = value;
  }
  for (const name of NUMBERS) {
    const value = one(search, name);
    if (value !== null && value.trim() !== "" && Number.isFinite(Number(value))) found[name] = Number(value);
  }
  for (const name of SWITCHES) {
    const value = one(search, name);
    if (value === "true" || value === "false") found[name] = value === "true";
  }
  if (one(search, "contradiction") === "true") found.contradiction = true;
  for (const name of LISTS) {
    const values = all(search, name);
    if (values.length > 0) found[name] = values;
  }
  return found;
}

/** Take every filter out of an address. */
export const nothing: Record<string, null> = Object.fromEntries(NAMES.map((name) => [name, null]));

export const isFiltered = (filter: Filter): boolean => Object.keys(filter).length > 0;

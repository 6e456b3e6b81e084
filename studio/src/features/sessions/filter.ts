/** Which sessions, as the address says. */
import { all, one, type Search } from "@/shared/lib/search";

export interface Filter {
  search?: string;
  cascade_id?: string[];
  source?: string;
  since?: string;
  until?: string;
}

const DAY = 86_400_000;
const SHAPE = /^\d{4}-\d{2}-\d{2}$/;
/** What the log knows as sources. */
export const SOURCES = ["query", "run", "test", "judge", "import"];

export function dayOf(search: Search, name: "from" | "to"): string | null {
  const value = one(search, name);
  return value !== null && SHAPE.test(value) && !Number.isNaN(Date.parse(value)) ? value : null;
}

export function filter(search: Search): Filter {
  const [text, source] = [one(search, "search"), one(search, "source")];
  const cascades = all(search, "cascade_id");
  const [from, to] = [dayOf(search, "from"), dayOf(search, "to")];
  return {
    ...(text !== null && { search: text }),
    ...(cascades.length > 0 && { cascade_id: cascades }),
    ...(source !== null && { source }),
    ...(from !== null && { since: `${from}T00:00:00Z` }),
    ...(to !== null && { until: new Date(Date.parse(to) + DAY).toISOString() }),
  };
}

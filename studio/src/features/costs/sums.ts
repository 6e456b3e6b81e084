/** What spend adds up to, and what memory has saved. */
import type { Schemas } from "@/shared/api/client";

export type Spend = Schemas["Spend"];
type Numbers = Omit<Spend, "key" | "sql">;

export const NOTHING: Numbers = {
  calls: 0,
  errors: 0,
  cached: 0,
  tokens_in: 0,
  tokens_out: 0,
  tokens_cached: 0,
  cost: 0,
  unpriced: 0,
  scoring: 0,
};

export function total(spends: readonly Spend[]): Numbers {
  const sum = { ...NOTHING };
  for (const spend of spends) {
    for (const name of Object.keys(NOTHING) as (keyof Numbers)[]) sum[name] += spend[name];
  }
  return sum;
}

/** What one priced call costs on the average; null where none has a price. */
export function perCall({ cost, calls, unpriced }: Pick<Numbers, "cost" | "calls" | "unpriced">): number | null {
  return calls > unpriced ? cost / (calls - unpriced) : null;
}

/**
 * About what the answers from memory would have cost: each at the mean price of its own query's calls,
 * else at that of all queries. Null where nothing has a price.
 */
export function saved(queries: readonly Spend[]): number | null {
  const mean = perCall(total(queries));
  let sum = 0;
  for (const query of queries) {
    if (query.cached === 0) continue;
    const price = perCall(query) ?? mean;
    if (price === null) return null;
    sum += query.cached * price;
  }
  return sum;
}

/** Part of a whole; nothing of nothing is 0. */
export const part = (of: number, whole: number): number => (whole === 0 ? 0 : of / whole);

/** The first few, and one row for all others. */
export function top(spends: readonly Spend[], most: number): Spend[] {
  if (spends.length <= most) return [...spends];
  const rest = spends.slice(most - 1);
  return [...spends.slice(0, most - 1), { ...total(rest), key: `${rest.length} others` }];
}

/** Pages of executions for the grid: what was there when it was opened, page after page, however many. */
import type { IDatasource, IGetRowsParams } from "ag-grid-community";

import { answer, api, type Example } from "@/shared/api/client";

import type { Filter } from "./filter";

export const BLOCK = 100;
const SORTS = [
  "timestamp",
  "confidence",
  "cost",
  "duration_ms",
  "tokens_in",
  "tokens_out",
  "cascade_id",
  "cell_name",
  "model",
] as const;
type Sort = (typeof SORTS)[number];
export interface Order {
  sort: Sort;
  order: "asc" | "desc";
}

export const isSort = (name: string): name is Sort => (SORTS as readonly string[]).includes(name);

export async function page(filter: Filter, order: Order, limit: number, at: { offset?: number; cursor?: string }) {
  return answer(api.GET("/api/training/examples", { params: { query: { ...filter, ...order, limit, ...at } } }));
}

/** What comes later stays out, so that nothing moves under the eye: the filter up to the newest execution there is now. */
export async function pinned(filter: Filter): Promise<Filter> {
  if (filter.until !== undefined && filter.until !== null) return filter;
  const { examples } = await page(filter, { sort: "timestamp", order: "desc" }, 1, {});
  const newest = examples[0];
  return newest === undefined ? filter : { ...filter, until: after(newest.timestamp) };
}

/** The first millisecond behind a moment. */
export const after = (iso: string): string => new Date(Math.floor(new Date(iso).getTime()) + 1).toISOString();

interface Told {
  total: (total: number, filter: Filter) => void;
  failed: (error: unknown) => void;
}

export class Source implements IDatasource {
  readonly #filter: Promise<Filter>;
  readonly #told: Told;
  readonly #next = new Map<string, string>();

  constructor(filter: Filter, told: Told) {
    this.#filter = pinned(filter);
    this.#told = told;
  }

  /** The filter as pages are asked with it. */
  get filter(): Promise<Filter> {
    return this.#filter;
  }

  getRows(asked: IGetRowsParams): void {
    void this.#get(asked);
  }

  async #get(asked: IGetRowsParams): Promise<void> {
    const { startRow, endRow, sortModel } = asked;
    const order = ordered(sortModel);
    const key = (row: number) => `${order.sort} ${order.order} ${row}`;
    try {
      const filter = await this.#filter;
      const cursor = this.#next.get(key(startRow));
      const found = await page(
        filter,
        order,
        endRow - startRow,
        cursor === undefined ? { offset: startRow } : { cursor },
      );
      if (found.next !== null) this.#next.set(key(endRow), found.next);
      this.#told.total(found.total, filter);
      asked.successCallback(found.examples, found.total);
    } catch (error) {
      this.#told.failed(error);
      asked.failCallback();
    }
  }
}

export function ordered(model: readonly { colId: string; sort?: string | null }[]): Order {
  const first = model[0];
  if (first === undefined || !isSort(first.colId)) return { sort: "timestamp", order: "desc" };
  return { sort: first.colId, order: first.sort === "asc" ? "asc" : "desc" };
}

/** A new copy of what is shown, for rows that are still there: nothing moves. */
export async function fresh(filter: Filter, order: Order, first: number, count: number): Promise<Example[]> {
  return (await page(filter, order, Math.min(1_000, Math.max(1, count)), { offset: first })).examples;
}

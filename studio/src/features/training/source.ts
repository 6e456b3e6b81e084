/** Pages of executions for the grid: what was there when it was opened, page after page, however many. */
import type { IDatasource, IGetRowsParams } from "ag-grid-community";

import { answer, api, type Example } from "@/shared/api/client";
import type { Search } from "@/shared/lib/search";
import { one } from "@/shared/lib/search";

import type { Filter } from "./filter";

export const BLOCK = 100;
/** Milliseconds after which a page's next one is asked for, so that it is there when one scrolls on. */
export const IDLE = 250;
/** Pages kept that the grid has not asked for yet. */
const AHEAD = 4;
/** Executions asked for by their ids at once: as many as an address holds. */
const NAMED = 200;
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

export const NEWEST: Order = { sort: "timestamp", order: "desc" };

export async function page(filter: Filter, order: Order, limit: number, at: { offset?: number; cursor?: string }) {
  return answer(api.GET("/api/training/examples", { params: { query: { ...filter, ...order, limit, ...at } } }));
}

/** What comes later stays out, so that nothing moves under the eye: the filter up to the newest execution that was found. */
export function pinned(filter: Filter, newest: Example | undefined): Filter {
  if ((filter.until ?? null) !== null || newest === undefined) return filter;
  return { ...filter, until: after(newest.timestamp) };
}

/** The first millisecond behind a moment. */
export const after = (iso: string): string => new Date(Math.floor(new Date(iso).getTime()) + 1).toISOString();

type Page = ReturnType<typeof page>;
type Rows = Pick<IGetRowsParams, "startRow" | "endRow">;

interface Told {
  total: (total: number, filter: Filter) => void;
  failed: (error: unknown) => void;
}

let sources = 0;

export class Source implements IDatasource {
  /** The later one has the higher number. */
  readonly number = ++sources;
  readonly #filter: Promise<Filter>;
  readonly #told: Told;
  readonly #next = new Map<string, string>();
  /** The newest executions, asked for to pin the filter: the first page of a grid that shows the newest first. */
  #newest: Page | null;
  /** Pages asked for before the grid did. */
  readonly #ahead = new Map<string, Page>();
  /** The pages that the grid has asked for. */
  readonly #asked = new Set<string>();
  #idle = 0;
  /** How often what is there changed: what was asked before says nothing of what follows it. */
  #changes = 0;

  constructor(filter: Filter, told: Told) {
    const newest = page(filter, NEWEST, BLOCK, {});
    this.#newest = newest;
    this.#filter = newest.then((found) => pinned(filter, found.examples[0]));
    this.#told = told;
  }

  /** The filter as pages are asked with it. */
  get filter(): Promise<Filter> {
    return this.#filter;
  }

  /** Where pages began says nothing any more: some of what was found is not found now. */
  forget(): void {
    this.#next.clear();
    this.#asked.clear();
    this.#newest = null;
    this.changed();
  }

  /** What was asked for ahead may not hold any more. */
  changed(): void {
    clearTimeout(this.#idle);
    this.#ahead.clear();
    this.#changes++;
  }

  /** These rows come into sight: what is not there yet is asked for, at once, while the grid draws where it will stand. */
  comes(first: number, last: number, order: Order): void {
    const pages: number[] = [];
    for (let row = first - (first % BLOCK); row <= last; row += BLOCK)
      if (!this.#asked.has(keyed(order, row)) && !this.#ahead.has(keyed(order, row))) pages.push(row);
      else if (pages.length > 0) break; // one request, of pages in a row
    const start = pages[0];
    if (start === undefined) return;
    const asked = this.#filter.then((filter) =>
      this.#page(filter, order, { startRow: start, endRow: start + pages.length * BLOCK }),
    );
    pages.forEach((row, place) => {
      const end = place === pages.length - 1;
      this.#keep(
        keyed(order, row),
        asked.then(({ examples, ...found }) => ({
          ...found,
          examples: examples.slice(row - start, row - start + BLOCK),
          next: end ? found.next : null,
        })),
      );
    });
  }

  getRows(asked: IGetRowsParams): void {
    void this.#get(asked);
  }

  async #get(asked: IGetRowsParams): Promise<void> {
    const { startRow, endRow, sortModel } = asked;
    const order = ordered(sortModel);
    const changes = this.#changes;
    this.#asked.add(keyed(order, startRow));
    try {
      const filter = await this.#filter;
      const found = await (this.#here(asked, order) ?? this.#page(filter, order, asked));
      if (found.next !== null && changes === this.#changes) {
        const behind = keyed(order, endRow);
        this.#next.set(behind, found.next);
        this.#later(behind, () => this.#page(filter, order, { startRow: endRow, endRow: 2 * endRow - startRow }));
      }
      this.#told.total(found.total, filter);
      asked.successCallback(found.examples, found.total);
    } catch (error) {
      this.#told.failed(error);
      asked.failCallback();
    }
  }

  /** A page that was asked for before. */
  #here({ startRow, endRow }: Rows, order: Order): Page | null {
    const newest = startRow === 0 && order === NEWEST && endRow === BLOCK ? this.#newest : null;
    this.#newest = null;
    const key = keyed(order, startRow);
    const ahead = this.#ahead.get(key) ?? null;
    this.#ahead.delete(key);
    return newest ?? ahead;
  }

  #page(filter: Filter, order: Order, { startRow, endRow }: Rows): Page {
    const cursor = this.#next.get(keyed(order, startRow));
    return page(filter, order, endRow - startRow, cursor === undefined ? { offset: startRow } : { cursor });
  }

  /** Ask for a page once nothing else was for a moment. */
  #later(key: string, ask: () => Page): void {
    clearTimeout(this.#idle);
    this.#idle = window.setTimeout(() => {
      if (!this.#ahead.has(key)) this.#keep(key, ask());
    }, IDLE);
  }

  #keep(key: string, page: Page): void {
    while (this.#ahead.size >= AHEAD) this.#ahead.delete([...this.#ahead.keys()][0] ?? "");
    this.#ahead.set(key, page);
    page.catch(() => {
      if (this.#ahead.get(key) === page) this.#ahead.delete(key); // who scrolls there asks again, and is told
    });
  }
}

const keyed = (order: Order, row: number): string => `${order.sort} ${order.order} ${row}`;

/** What a source tells, unless a later one has told before: an answer may be late. */
export function unlessLater<T extends { source: Source }>(told: T): (before: T | null) => T {
  return (before) => (before !== null && before.source.number > told.source.number ? before : told);
}

export function ordered(model: readonly { colId: string; sort?: string | null }[]): Order {
  const first = model[0];
  if (first === undefined || !isSort(first.colId)) return NEWEST;
  return first.colId === NEWEST.sort && first.sort !== "asc"
    ? NEWEST
    : { sort: first.colId, order: first.sort === "asc" ? "asc" : "desc" };
}

/** The order that an address says, null where it says none. */
export function orderOf(search: Search): Order | null {
  const sort = one(search, "sort");
  if (sort === null || !isSort(sort)) return null;
  return { sort, order: one(search, "order") === "asc" ? "asc" : "desc" };
}

/** What holds now of these executions; those that are gone are left out. */
export async function fresh(ids: readonly string[]): Promise<Example[]> {
  const found: Example[] = [];
  for (let start = 0; start < ids.length; start += NAMED) {
    const trace_id = ids.slice(start, start + NAMED);
    const query = { trace_id, limit: NAMED };
    found.push(...(await answer(api.GET("/api/training/examples", { params: { query } }))).examples);
  }
  return found;
}

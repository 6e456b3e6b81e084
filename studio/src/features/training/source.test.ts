import type { IGetRowsParams } from "ag-grid-community";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { api } from "@/shared/api/client";

import { after, BLOCK, IDLE, ordered, Source, unlessLater } from "./source";

const GET = vi.spyOn(api, "GET");
beforeEach(() => {
  const data = { total: 300, examples: [{ timestamp: "2026-11-23T10:00:00.000500Z" }], next: "there" };
  GET.mockReset().mockResolvedValue({ data, response: new Response() } as never);
});

/** What the server is asked when a grid asks for these blocks, one after the other. */
async function asked(...blocks: Partial<IGetRowsParams>[]): Promise<unknown[]> {
  const source = new Source({ verified: true }, { total: vi.fn(), failed: vi.fn() });
  for (const block of blocks) {
    await new Promise<void>((successCallback, failCallback) =>
      source.getRows({ startRow: 0, endRow: BLOCK, sortModel: [], successCallback, failCallback, ...block } as never),
    );
  }
  const calls = GET.mock.calls as unknown as [string, { params: { query: unknown } }][];
  return calls.map(([, { params }]) => params.query);
}

const UNTIL = "2026-11-23T10:00:00.001Z";
const NEWEST = { verified: true, sort: "timestamp", order: "desc", limit: BLOCK };

test("the newest first are asked for once, and what follows ends where they began", async () => {
  expect(await asked({}, { startRow: BLOCK, endRow: 2 * BLOCK })).toEqual([
    NEWEST,
    { ...NEWEST, cursor: "there", until: UNTIL },
  ]);
});

test("another order is asked for by itself, of what was there when it was opened", async () => {
  expect(await asked({ sortModel: [{ colId: "cost", sort: "asc" }] })).toEqual([
    NEWEST,
    { ...NEWEST, sort: "cost", order: "asc", offset: 0, until: UNTIL },
  ]);
});

test("rows that are read again are asked for again", async () => {
  expect(await asked({}, {})).toEqual([NEWEST, { ...NEWEST, offset: 0, until: UNTIL }]);
});

function opened() {
  const source = new Source({}, { total: vi.fn(), failed: vi.fn() });
  const get = (startRow: number) =>
    new Promise<unknown[]>((successCallback, failCallback) =>
      source.getRows({ startRow, endRow: startRow + BLOCK, sortModel: [], successCallback, failCallback } as never),
    );
  return { source, get };
}

describe("the page behind the last one", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("is asked for after a moment, and once", async () => {
    const { get } = opened();
    await get(0);
    expect(GET).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(IDLE);
    expect(GET).toHaveBeenCalledTimes(2);
    await get(BLOCK);
    expect(GET).toHaveBeenCalledTimes(2);
  });

  test("is not asked for once something changed, until a page was shown", async () => {
    const { source, get } = opened();
    await get(0);
    source.changed();
    await vi.advanceTimersByTimeAsync(IDLE);
    expect(GET).toHaveBeenCalledTimes(1);
  });

  test("is not asked for as a page says that was asked for before something changed", async () => {
    const { source, get } = opened();
    const first = get(0);
    source.forget();
    await first;
    await vi.advanceTimersByTimeAsync(IDLE);
    expect(GET).toHaveBeenCalledTimes(2);
  });

  test("is asked for anew where something changed after it came", async () => {
    const { source, get } = opened();
    await get(0);
    await vi.advanceTimersByTimeAsync(IDLE);
    source.changed();
    await get(BLOCK);
    expect(GET).toHaveBeenCalledTimes(3);
  });

  test("that could not be had is asked for by who scrolls there", async () => {
    const { get } = opened();
    await get(0);
    GET.mockRejectedValueOnce(new Error("away"));
    await vi.advanceTimersByTimeAsync(IDLE);
    await get(BLOCK);
    expect(GET).toHaveBeenCalledTimes(3);
  });
});

describe("rows that come into sight", () => {
  const newest = { sort: "timestamp", order: "desc" } as const;
  const last = () => (GET.mock.calls as unknown as [string, { params: { query: object } }][]).at(-1)?.[1].params.query;

  test("are asked for once, before the grid does", async () => {
    const { source, get } = opened();
    await get(0);
    source.comes(5_020, 5_045, newest);
    await get(5_000);
    expect(GET).toHaveBeenCalledTimes(2);
    expect(last()).toMatchObject({ offset: 5_000, limit: BLOCK });
    source.comes(5_030, 5_055, newest);
    await get(0);
    expect(last()).toMatchObject({ offset: 0 });
    expect(GET).toHaveBeenCalledTimes(3);
  });

  test("on two pages are one request, of which each page has its own", async () => {
    const { source, get } = opened();
    await get(0);
    const examples = Array.from({ length: 2 * BLOCK }, (_, row) => ({ trace_id: String(row) }));
    GET.mockResolvedValue({ data: { total: 9_000, examples, next: "there" }, response: new Response() } as never);
    source.comes(5_090, 5_115, newest);
    const [first, second] = await Promise.all([get(5_000), get(5_100)]);
    expect(GET).toHaveBeenCalledTimes(2);
    expect(last()).toMatchObject({ offset: 5_000, limit: 2 * BLOCK });
    expect([...first, ...second]).toEqual(examples);
  });

  test("around a page that is there are asked for without it", async () => {
    const { source, get } = opened();
    await get(0);
    await get(5_100);
    source.comes(5_090, 5_205, newest);
    await get(5_000);
    expect(last()).toMatchObject({ offset: 5_000, limit: BLOCK });
    expect(GET).toHaveBeenCalledTimes(3);
  });

  test("that could not be had are asked for again by the grid", async () => {
    const { source, get } = opened();
    await get(0);
    GET.mockRejectedValueOnce(new Error("away"));
    source.comes(5_000, 5_025, newest);
    await vi.waitFor(() => {
      expect(GET).toHaveBeenCalledTimes(2);
    });
    await get(5_000);
    expect(GET).toHaveBeenCalledTimes(3);
  });
});

test("a late answer to an earlier filter does not take the place of a later one's", () => {
  const [earlier, later] = ["a", "ab"].map((search) => new Source({ search }, { total: vi.fn(), failed: vi.fn() }));
  const told = { source: later, total: 2 } as { source: Source; total: number };
  expect(unlessLater({ source: earlier, total: 9 } as typeof told)(told)).toBe(told);
  expect(unlessLater(told)({ source: earlier, total: 9 } as typeof told)).toBe(told);
  expect(unlessLater(told)(null)).toBe(told);
});

test("the newest execution itself is inside of what is pinned", () => {
  expect(after("2026-11-23T23:57:40.086446Z")).toBe("2026-11-23T23:57:40.087Z");
  expect(after("2026-11-23T23:57:40.086Z")).toBe("2026-11-23T23:57:40.087Z");
});

test("newest first unless the grid says otherwise", () => {
  expect(ordered([])).toEqual({ sort: "timestamp", order: "desc" });
  expect(ordered([{ colId: "confidence", sort: "asc" }])).toEqual({ sort: "confidence", order: "asc" });
  expect(ordered([{ colId: "tags", sort: "asc" }])).toEqual({ sort: "timestamp", order: "desc" });
});

import type { IGetRowsParams } from "ag-grid-community";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { api } from "@/shared/api/client";

import { after, BLOCK, IDLE, ordered, Source } from "./source";

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

describe("the page behind the last one", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function opened() {
    const source = new Source({}, { total: vi.fn(), failed: vi.fn() });
    const get = (startRow: number) =>
      new Promise<void>((successCallback, failCallback) =>
        source.getRows({ startRow, endRow: startRow + BLOCK, sortModel: [], successCallback, failCallback } as never),
      );
    return { source, get };
  }

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

test("the newest execution itself is inside of what is pinned", () => {
  expect(after("2026-11-23T23:57:40.086446Z")).toBe("2026-11-23T23:57:40.087Z");
  expect(after("2026-11-23T23:57:40.086Z")).toBe("2026-11-23T23:57:40.087Z");
});

test("newest first unless the grid says otherwise", () => {
  expect(ordered([])).toEqual({ sort: "timestamp", order: "desc" });
  expect(ordered([{ colId: "confidence", sort: "asc" }])).toEqual({ sort: "confidence", order: "asc" });
  expect(ordered([{ colId: "tags", sort: "asc" }])).toEqual({ sort: "timestamp", order: "desc" });
});

/** What happened since the grid was filled: rows that changed are brought up to date where they are, new ones are counted, not shown. */
import type { GridApi } from "ag-grid-community";
import { useCallback, useEffect, useRef, useState } from "react";

import type { Example } from "@/shared/api/client";
import { live, POLL, useEvents } from "@/shared/api/events";
import { queries } from "@/shared/api/queries";
import { useStore } from "@/shared/lib/store";

import type { Filter } from "./filter";
import { fresh, ordered, page, type Source } from "./source";

const SETTLE = 600; // milliseconds: a burst of events is one look

export function useNews(grid: GridApi<Example> | null, source: Source, filter: Filter): number {
  const [news, setNews] = useState({ source, count: 0 });
  const timers = useRef({ changed: 0, arrived: 0 });
  const connected = useStore(live);

  const changed = useCallback(() => {
    clearTimeout(timers.current.changed);
    timers.current.changed = window.setTimeout(() => {
      void queries.invalidateQueries({ queryKey: ["stats"] });
      if (grid !== null && !grid.isDestroyed()) void update(grid, source).catch(() => undefined); // the next look tells
    }, SETTLE);
  }, [grid, source]);

  const arrived = useCallback(() => {
    clearTimeout(timers.current.arrived);
    timers.current.arrived = window.setTimeout(() => {
      void queries.invalidateQueries({ queryKey: ["stats"] });
      void count(filter, source)
        .then((found) => setNews({ source, count: found }))
        .catch(() => undefined); // the next look tells
    }, SETTLE);
  }, [filter, source]);

  useEvents(["decision", "score"], changed);
  useEvents(["execution"], arrived);
  useEffect(() => {
    if (connected) return;
    const timer = setInterval(() => {
      changed();
      arrived();
    }, POLL);
    return () => clearInterval(timer);
  }, [connected, changed, arrived]);
  return news.source === source ? news.count : 0;
}

async function count(filter: Filter, source: Source): Promise<number> {
  const { until } = await source.filter;
  if (filter.until !== undefined || until === undefined || until === null) return 0;
  return (await page({ ...filter, since: until }, { sort: "timestamp", order: "desc" }, 1, {})).total;
}

/** Rows that are still found get what holds now; those that are not stay until the filter is asked again. */
async function update(grid: GridApi<Example>, source: Source): Promise<void> {
  const first = Math.max(0, grid.getFirstDisplayedRowIndex());
  const last = grid.getLastDisplayedRowIndex();
  const order = ordered(grid.getColumnState().filter((column) => Boolean(column.sort)));
  for (const example of await fresh(await source.filter, order, first, last - first + 1)) {
    grid.getRowNode(example.trace_id)?.setData(example);
  }
}

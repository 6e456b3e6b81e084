/** What happened since the grid was filled: rows that changed are brought up to date where they are, new ones are counted, not shown. */
import type { GridApi } from "ag-grid-community";
import { useCallback, useEffect, useRef, useState } from "react";

import type { Example } from "@/shared/api/client";
import { decided } from "@/shared/api/decisions";
import { live, POLL, useEvents } from "@/shared/api/events";
import { queries } from "@/shared/api/queries";
import { useStore } from "@/shared/lib/store";

import type { Filter } from "./filter";
import { fresh, NEWEST, page, type Source } from "./source";

const SETTLE = 400; // milliseconds: a burst of events is one look

interface News {
  grid: GridApi<Example> | null;
  source: Source;
  filter: Filter;
  /** Nothing is shown: what arrives moves nothing, and may come in at once. */
  empty: boolean;
  reload: () => void;
}

/** How many executions that the filter finds arrived since; `look` again when other rows come into sight. */
export function useNews({ grid, source, filter, empty, reload }: News): { count: number; look: () => void } {
  const [news, setNews] = useState({ source, count: 0 });
  const timers = useRef({ changed: 0, arrived: 0 });
  const stale = useRef(new Set<string>());
  const connected = useStore(live);
  const decisions = useStore(decided);

  /** Rows in sight that may have changed get what holds now. */
  const look = useCallback(() => {
    if (grid === null || grid.isDestroyed()) return;
    const ids = inSight(grid).filter((id) => stale.current.has(id));
    if (ids.length === 0) return;
    fresh(ids).then(
      (examples) => {
        for (const id of ids) stale.current.delete(id);
        if (!grid.isDestroyed()) for (const example of examples) grid.getRowNode(example.trace_id)?.setData(example);
      },
      () => undefined, // the next look tells
    );
  }, [grid]);

  const changed = useCallback(() => {
    clearTimeout(timers.current.changed);
    timers.current.changed = window.setTimeout(() => {
      void queries.invalidateQueries({ queryKey: ["stats"] });
      source.changed();
      grid?.forEachNode(({ data }) => data && stale.current.add(data.trace_id));
      look();
    }, SETTLE);
  }, [grid, source, look]);

  const arrived = useCallback(() => {
    clearTimeout(timers.current.arrived);
    timers.current.arrived = window.setTimeout(() => {
      void queries.invalidateQueries({ queryKey: ["stats"] });
      if (empty) reload();
      else
        void count(filter, source)
          .then((found) => setNews({ source, count: found }))
          .catch(() => undefined); // the next look tells
    }, SETTLE);
  }, [filter, source, empty, reload]);

  useEvents(["decision", "score"], changed);
  useEvents(["execution"], arrived);
  useEffect(() => {
    if (decisions > 0) changed();
  }, [decisions, changed]);
  useEffect(() => {
    if (connected) return;
    const timer = setInterval(() => {
      changed();
      arrived();
    }, POLL);
    return () => clearInterval(timer);
  }, [connected, changed, arrived]);
  return { count: news.source === source ? news.count : 0, look };
}

async function count(filter: Filter, source: Source): Promise<number> {
  const { until } = await source.filter;
  if (filter.until !== undefined || until === undefined || until === null) return 0;
  return (await page({ ...filter, since: until }, NEWEST, 1, {})).total;
}

const inSight = (grid: GridApi<Example>): string[] =>
  grid.getRenderedNodes().flatMap(({ data }) => (data === undefined ? [] : [data.trace_id]));

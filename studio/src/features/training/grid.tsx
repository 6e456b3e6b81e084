/** All executions that the filter finds, a page at a time, as many as there are. Plain DOM inside: what scrolls is not drawn by React. */
import { createGrid, type GridApi, type GridOptions } from "ag-grid-community";
import { useEffect, useEffectEvent, useRef, useState } from "react";

import type { Example } from "@/shared/api/client";
import { pressed } from "@/shared/lib/keys";
import { nonce } from "@/shared/lib/nonce";
import { gridTheme } from "@/shared/ui/grid";

import type { Context } from "./cells";
import { COLUMNS, NARROW } from "./columns";
import styles from "./grid.module.css";
import { keep, restore } from "./layout";
import { mark, toggled } from "./marking";
import { BLOCK, isSort, type Order, ordered, type Source } from "./source";

const OWN = new Set(["space", "Enter", "j", "k", "t", "v", "x", "e", "/", "?", "mod+a", "mod+z"]);
const CONTROL = "button, label, input, a, .ag-selection-checkbox";

/** Rows drawn above and below those in sight. */
const BUFFER = 4;
/** Milliseconds between two scrolls of which the second is a leap of its own, not more of the first. */
const LEAP = 100;

const OPTIONS: GridOptions<Example> = {
  theme: gridTheme,
  styleNonce: nonce,
  rowModelType: "infinite",
  cacheBlockSize: BLOCK,
  maxConcurrentDatasourceRequests: 2,
  blockLoadDebounceMillis: 20,
  rowBuffer: BUFFER,
  infiniteInitialRowCount: 1, // rows are drawn once, when they are there
  defaultColDef: {
    resizable: true,
    suppressHeaderMenuButton: true,
    suppressKeyboardEvent: ({ event }) => OWN.has(pressed(event).replace("shift+", "")),
  },
  rowSelection: { mode: "multiRow", headerCheckbox: false, checkboxes: true, enableClickSelection: false },
  selectionColumnDef: { pinned: "left", width: 38, resizable: false, suppressMovable: true },
  getRowId: ({ data }) => data.trace_id,
  animateRows: false,
  suppressDragLeaveHidesColumns: true,
  tooltipShowDelay: 400,
};

interface GridProps {
  source: Source;
  order: Order | null;
  /** No room for columns. */
  narrow: boolean;
  open: string | null;
  onReady: (grid: GridApi<Example>) => void;
  onOpen: (trace_id: string | null) => void;
  onSession: (session_id: string) => void;
  onSelected: (rows: Example[]) => void;
  onOrder: (order: Order | null) => void;
  /** Other rows came into sight. */
  onScrolled: () => void;
}

export function ExecutionsGrid(props: GridProps) {
  const { source, order, narrow, open } = props;
  const place = useRef<HTMLDivElement>(null);
  const [grid, setGrid] = useState<GridApi<Example> | null>(null);
  const shown = useRef(open);
  const now = useEffectEvent(() => props);

  useEffect(() => {
    if (place.current === null) return;
    const context: Context = { toggle: (example, field) => void mark(made, example, ...toggled(example, field)) };
    const made = createGrid<Example>(place.current, {
      ...OPTIONS,
      context,
      columnDefs: narrow ? NARROW : COLUMNS,
      rowHeight: narrow ? 60 : undefined,
      rowClassRules: { [styles.open ?? ""]: ({ data }) => data !== undefined && data.trace_id === shown.current },
      onColumnMoved: ({ finished, api }) => finished && !narrow && keep(api),
      onColumnResized: ({ finished, api, source: by }) => finished && !narrow && by !== "flex" && keep(api),
      onColumnVisible: ({ api }) => !narrow && keep(api),
      onSortChanged: ({ api }) => {
        const model = sorted(api);
        now().onOrder(model.length === 0 ? null : ordered(model));
      },
      onSelectionChanged: ({ api }) => now().onSelected(api.getSelectedRows()),
      onBodyScrollEnd: () => now().onScrolled(),
      onRowClicked: ({ data, event }) => {
        const target = event?.target;
        if (data === undefined || (target instanceof Element && target.closest(CONTROL) !== null)) return;
        if (event instanceof MouseEvent && event.detail > 1) now().onSession(data.session_id);
        else now().onOpen(shown.current === data.trace_id ? null : data.trace_id);
      },
    });
    if (!narrow) restore(made);
    setGrid(made);
    now().onReady(made);
    const root = place.current;
    let last = 0;
    const scrolled = ({ target, timeStamp }: Event) => {
      if (target instanceof HTMLElement && timeStamp - last > LEAP) {
        const rows = toDraw(target, made);
        if (rows !== null) now().source.comes(...rows, ordered(sorted(made)));
      }
      last = timeStamp;
    };
    root.addEventListener("scroll", scrolled, { capture: true, passive: true });
    return () => {
      root.removeEventListener("scroll", scrolled, { capture: true });
      made.destroy();
    };
  }, [narrow]);

  const sort = order?.sort;
  const way = order?.order;
  useEffect(() => {
    if (grid === null || grid.isDestroyed()) return;
    arrange(grid, sort, way);
    if (grid.getGridOption("datasource") !== source) grid.setGridOption("datasource", source);
  }, [grid, source, sort, way]);

  useEffect(() => {
    const before = shown.current;
    shown.current = open;
    if (grid === null || grid.isDestroyed()) return;
    const nodes = [before, open]
      .map((id) => (id === null ? undefined : grid.getRowNode(id)))
      .filter((node) => node !== undefined);
    grid.redrawRows({ rowNodes: nodes });
  }, [grid, open]);

  return <div className={styles.grid} ref={place} />;
}

/** The rows that a scroll has the grid draw, before it does; null where it went sideways. */
function toDraw(
  { scrollTop, scrollHeight, clientHeight }: HTMLElement,
  grid: GridApi<Example>,
): [number, number] | null {
  const rows = grid.getDisplayedRowCount();
  const height = grid.getGridOption("rowHeight") ?? grid.getSizesForCurrentTheme().rowHeight;
  if (scrollHeight <= clientHeight) return null;
  // a browser's boxes end at some millions of pixels: in a longer list a pixel of the bar is several of the rows
  const first = Math.floor(((scrollTop / (scrollHeight - clientHeight)) * (rows * height - clientHeight)) / height);
  return [Math.max(0, first - BUFFER), Math.min(rows - 1, first + Math.ceil(clientHeight / height) + BUFFER)];
}

const sorted = (grid: GridApi<Example>) => grid.getColumnState().filter((column) => Boolean(column.sort));

/** Sorted as the address says. */
function arrange(grid: GridApi<Example>, sort: Order["sort"] | undefined, order: Order["order"] | undefined): void {
  const now = sorted(grid)[0];
  if (now?.colId === sort && (now?.sort ?? undefined) === order) return;
  const state = sort === undefined || !isSort(sort) ? [] : [{ colId: sort, sort: order }];
  grid.applyColumnState({ state, defaultState: { sort: null } });
}

/** All executions that the filter finds, a page at a time, as many as there are. */
import type { GetRowIdParams, GridApi, RowClickedEvent, SelectionChangedEvent } from "ag-grid-community";
import { AgGridReact } from "ag-grid-react";
import { useEffect, useMemo, useRef } from "react";

import type { Example } from "@/shared/api/client";
import { pressed } from "@/shared/lib/keys";
import { nonce } from "@/shared/lib/nonce";
import { gridTheme } from "@/shared/ui/grid";

import { COLUMNS, type Context, NARROW } from "./columns";
import styles from "./grid.module.css";
import { keep, restore } from "./layout";
import { mark, toggled } from "./marking";
import { BLOCK, isSort, type Order, ordered, type Source } from "./source";

const OWN = new Set(["space", "Enter", "j", "k", "t", "v", "x", "e", "/", "?", "mod+a", "mod+z"]);
const DEFAULTS = {
  resizable: true,
  suppressHeaderMenuButton: true,
  suppressKeyboardEvent: ({ event }: { event: KeyboardEvent }) => OWN.has(pressed(event).replace("shift+", "")),
};
const SELECTION = { mode: "multiRow", headerCheckbox: false, checkboxes: true, enableClickSelection: false } as const;
const CONTROL = "button, label, input, a, .ag-selection-checkbox";

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

export default function ExecutionsGrid(props: GridProps) {
  const { source, order, narrow, open, onReady, onOpen, onSession, onSelected, onOrder, onScrolled } = props;
  const grid = useRef<GridApi<Example> | null>(null);
  const context = useMemo<Context>(
    () => ({
      toggle: (example, field) => grid.current && void mark(grid.current, example, ...toggled(example, field)),
    }),
    [],
  );
  const shown = useRef(open);
  useEffect(() => {
    const before = shown.current;
    shown.current = open;
    const nodes = [before, open]
      .map((id) => (id === null ? undefined : grid.current?.getRowNode(id)))
      .filter((node) => node !== undefined);
    grid.current?.redrawRows({ rowNodes: nodes });
  }, [open]);

  const sort = order?.sort;
  const way = order?.order;
  useEffect(() => {
    if (grid.current !== null) arrange(grid.current, sort, way);
  }, [sort, way]);

  const clicked = ({ data, event }: RowClickedEvent<Example>) => {
    const target = event?.target;
    if (data === undefined || (target instanceof Element && target.closest(CONTROL) !== null)) return;
    if (event instanceof MouseEvent && event.detail > 1) onSession(data.session_id);
    else onOpen(shown.current === data.trace_id ? null : data.trace_id);
  };
  return (
    <div className={styles.grid}>
      <AgGridReact<Example>
        theme={gridTheme}
        styleNonce={nonce}
        rowModelType="infinite"
        datasource={source}
        cacheBlockSize={BLOCK}
        maxConcurrentDatasourceRequests={2}
        blockLoadDebounceMillis={20}
        rowBuffer={4}
        infiniteInitialRowCount={BLOCK}
        columnDefs={narrow ? NARROW : COLUMNS}
        rowHeight={narrow ? 60 : undefined}
        defaultColDef={DEFAULTS}
        rowSelection={SELECTION}
        selectionColumnDef={{ pinned: "left", width: 38, resizable: false, suppressMovable: true }}
        context={context}
        getRowId={({ data }: GetRowIdParams<Example>) => data.trace_id}
        rowClassRules={{ [styles.open ?? ""]: ({ data }) => data !== undefined && data.trace_id === shown.current }}
        animateRows={false}
        suppressDragLeaveHidesColumns
        tooltipShowDelay={400}
        onGridReady={({ api }) => {
          grid.current = api;
          if (!narrow) restore(api);
          arrange(api, sort, way);
          onReady(api);
        }}
        onColumnMoved={({ finished, api }) => finished && !narrow && keep(api)}
        onColumnResized={({ finished, api, source: by }) => finished && !narrow && by !== "flex" && keep(api)}
        onColumnVisible={({ api }) => !narrow && keep(api)}
        onSortChanged={({ api }) => {
          const model = api.getColumnState().filter((column) => Boolean(column.sort));
          onOrder(model.length === 0 ? null : ordered(model));
        }}
        onSelectionChanged={({ api }: SelectionChangedEvent<Example>) => onSelected(api.getSelectedRows())}
        onBodyScrollEnd={onScrolled}
        onRowClicked={clicked}
      />
    </div>
  );
}

/** Sorted as the address says. */
function arrange(grid: GridApi<Example>, sort: Order["sort"] | undefined, order: Order["order"] | undefined): void {
  const now = grid.getColumnState().find((column) => Boolean(column.sort));
  if (now?.colId === sort && (now?.sort ?? undefined) === order) return;
  const state = sort === undefined || !isSort(sort) ? [] : [{ colId: sort, sort: order }];
  grid.applyColumnState({ state, defaultState: { sort: null } });
}

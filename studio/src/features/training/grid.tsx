/** All executions that the filter finds, a page at a time, as many as there are. */
import type { GetRowIdParams, GridApi, RowClickedEvent, SelectionChangedEvent } from "ag-grid-community";
import { AgGridReact } from "ag-grid-react";
import { useEffect, useMemo, useRef } from "react";

import type { Example } from "@/shared/api/client";
import { pressed } from "@/shared/lib/keys";
import { nonce } from "@/shared/lib/nonce";
import { gridTheme } from "@/shared/ui/grid";

import { COLUMNS, type Context } from "./columns";
import styles from "./grid.module.css";
import { keep, restore } from "./layout";
import { mark, toggled } from "./marking";
import { BLOCK, type Source } from "./source";

const OWN = new Set(["space", "Enter", "j", "k", "t", "v", "x", "e", "/", "?"]);
const DEFAULTS = {
  resizable: true,
  suppressHeaderMenuButton: true,
  suppressKeyboardEvent: ({ event }: { event: KeyboardEvent }) => OWN.has(pressed(event)),
};
const SELECTION = { mode: "multiRow", headerCheckbox: false, checkboxes: true, enableClickSelection: false } as const;
const CONTROL = "button, label, input, a, .ag-selection-checkbox";

interface GridProps {
  source: Source;
  open: string | null;
  onReady: (grid: GridApi<Example>) => void;
  onOpen: (trace_id: string | null) => void;
  onSession: (session_id: string) => void;
  onSelected: (rows: Example[]) => void;
}

export default function ExecutionsGrid({ source, open, onReady, onOpen, onSession, onSelected }: GridProps) {
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

  const clicked = ({ data, event }: RowClickedEvent<Example>) => {
    const target = event?.target;
    if (data === undefined || (target instanceof Element && target.closest(CONTROL) !== null)) return;
    onOpen(shown.current === data.trace_id ? null : data.trace_id);
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
        blockLoadDebounceMillis={40}
        infiniteInitialRowCount={BLOCK}
        columnDefs={COLUMNS}
        defaultColDef={DEFAULTS}
        rowSelection={SELECTION}
        selectionColumnDef={{ pinned: "left", width: 40, resizable: false, suppressMovable: true }}
        context={context}
        getRowId={({ data }: GetRowIdParams<Example>) => data.trace_id}
        rowClassRules={{ [styles.open ?? ""]: ({ data }) => data !== undefined && data.trace_id === shown.current }}
        animateRows={false}
        suppressDragLeaveHidesColumns
        tooltipShowDelay={400}
        onGridReady={({ api }) => {
          grid.current = api;
          restore(api);
          onReady(api);
        }}
        onColumnMoved={({ finished, api }) => finished && keep(api)}
        onColumnResized={({ finished, api }) => finished && keep(api)}
        onColumnVisible={({ api }) => keep(api)}
        onSelectionChanged={({ api }: SelectionChangedEvent<Example>) => onSelected(api.getSelectedRows())}
        onRowClicked={clicked}
        onRowDoubleClicked={({ data }) => data && onSession(data.session_id)}
      />
    </div>
  );
}

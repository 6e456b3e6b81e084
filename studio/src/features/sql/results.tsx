/** The rows of a run in a grid. A row that is chosen shows the executions its text is in. */
import type { ColDef, ICellRendererParams, ValueGetterParams } from "ag-grid-community";
import { AgGridReact } from "ag-grid-react";
import { useMemo } from "react";

import { nonce } from "@/shared/lib/nonce";
import { gridTheme } from "@/shared/ui/grid";

import { compare, numeric, text } from "./cells";
import styles from "./results.module.css";
import type { Column, Value } from "./stream";

interface ResultsProps {
  columns: readonly Column[];
  rows: Value[][];
  onRow: (row: Value[] | null) => void;
}

const LONGEST = 420;

export default function Results({ columns, rows, onRow }: ResultsProps) {
  const defined = useMemo(() => {
    const all = columns.map((column, place) => definition(column, place, widest(rows, place)));
    const widths = all.map((one) => one.width ?? 0);
    const most = widths.indexOf(Math.max(...widths));
    // the widest takes what room is left
    return all.map((one, place) => (place === most ? { ...one, flex: 1, minWidth: one.width } : one));
  }, [columns, rows]);
  return (
    <div className={styles.grid}>
      <AgGridReact<Value[]>
        theme={gridTheme}
        styleNonce={nonce}
        columnDefs={defined}
        rowData={rows}
        rowSelection={{ mode: "singleRow", checkboxes: false, enableClickSelection: true }}
        tooltipShowDelay={400}
        enableCellTextSelection
        suppressFieldDotNotation
        onSelectionChanged={({ api }) => onRow(api.getSelectedRows()[0] ?? null)}
      />
    </div>
  );
}

function definition({ name, type }: Column, place: number, letters: number): ColDef<Value[], Value> {
  const number = numeric(type);
  const value = ({ data }: ValueGetterParams<Value[]>): Value => data?.[place] ?? null;
  return {
    colId: String(place),
    headerName: name,
    headerTooltip: `${name} ${type}`,
    valueGetter: value,
    comparator: (a, b) => compare(a ?? null, b ?? null, type),
    cellRenderer: Cell,
    tooltip: ({ value: held }: { value?: unknown }) =>
      typeof held === "string" && held.length > 40 ? held : undefined,
    width: Math.min(LONGEST, Math.max(80, 7.4 * Math.max(letters, name.length + 3) + 24)),
    minWidth: 60,
    cellClass: number ? `ag-right-aligned-cell ${styles.number}` : undefined,
    headerClass: number ? "ag-right-aligned-header" : undefined,
  };
}

/** Letters of the longest value among the first rows. */
function widest(rows: readonly Value[][], place: number): number {
  return rows.slice(0, 100).reduce((most, row) => Math.max(most, text(row[place] ?? null).length), 0);
}

function Cell({ value }: ICellRendererParams<Value[], Value>) {
  if (value === null || value === undefined) return <span className={styles.nothing}>NULL</span>;
  if (typeof value === "boolean") return <span className={value ? styles.yes : styles.no}>{String(value)}</span>;
  return text(value);
}

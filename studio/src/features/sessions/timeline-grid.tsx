/** The timeline as a grid: only what is seen is drawn, however many calls a session has. */
import { Link } from "@tanstack/react-router";
import type { CellKeyDownEvent, ColDef, ICellRendererParams } from "ag-grid-community";
import { AgGridReact } from "ag-grid-react";
import {
  ChevronDown,
  ChevronRight,
  CircleAlert,
  Code,
  Database,
  type LucideIcon,
  Sparkles,
  SquareTerminal,
  Workflow,
} from "lucide-react";
import { useMemo } from "react";

import { count, seconds, short, shown, usd } from "@/shared/lib/format";
import { nonce } from "@/shared/lib/nonce";
import { gridTheme } from "@/shared/ui/grid";

import { bar, type Node, type Row } from "./timeline";
import styles from "./timeline.module.css";

interface GridProps {
  rows: Row[];
  narrow: boolean;
  onToggle: (id: string) => void;
  onCall: (trace: string) => void;
}

type Cell = ICellRendererParams<Row>;

export default function TimelineGrid({ rows, narrow, onToggle, onCall }: GridProps) {
  const columns = useMemo(() => definitions(narrow), [narrow]);
  const act = ({ node }: Row) => {
    if (node.call === null) onToggle(node.id);
    else onCall(node.id);
  };
  return (
    <div className={styles.grid}>
      <AgGridReact<Row>
        theme={gridTheme}
        styleNonce={nonce}
        columnDefs={columns}
        rowData={rows}
        getRowId={({ data }) => data.node.id}
        rowSelection={{ mode: "singleRow", checkboxes: false, enableClickSelection: true }}
        tooltipShowDelay={400}
        suppressFieldDotNotation
        onRowClicked={({ data, event }) => {
          if (data !== undefined && !followed(event)) act(data);
        }}
        onCellKeyDown={(event) => pressed(event as CellKeyDownEvent<Row>, act)}
        getRowClass={({ data }) => (data?.depth === 0 ? styles.root : undefined)}
      />
    </div>
  );
}

/** A link in the row goes somewhere by itself. */
const followed = (event: Event | null | undefined): boolean =>
  event?.target instanceof Element && event.target.closest("a") !== null;

function pressed({ event, data }: CellKeyDownEvent<Row>, act: (row: Row) => void): void {
  if (event instanceof KeyboardEvent && event.key === "Enter" && data !== undefined) act(data);
}

const input = ({ call }: Node): string => (call === null ? "" : shown(Object.values(call.inputs)[0]));
const output = ({ call, query }: Node): string =>
  call !== null
    ? (call.error ?? shown(call.answer))
    : (query?.error ?? (query === null ? "" : `${count(query.rows ?? 0)} rows`));

function definitions(narrow: boolean): ColDef<Row>[] {
  const fixed = { sortable: false, suppressMovable: true };
  const number = {
    ...fixed,
    headerClass: "ag-right-aligned-header",
    cellClass: `ag-right-aligned-cell ${styles.number}`,
  };
  const all: ColDef<Row>[] = [
    { ...fixed, colId: "step", headerName: "Step", width: narrow ? 200 : 260, cellRenderer: Step },
    {
      ...fixed,
      colId: "time",
      headerName: "Time",
      width: narrow ? 120 : 220,
      headerTooltip: "statements and runs in the session, their calls in the statement",
      cellRenderer: Bar,
    },
    {
      ...number,
      colId: "took",
      headerName: "Took",
      width: 80,
      valueGetter: ({ data }) => data && seconds(data.node.end - data.node.start),
    },
    {
      ...fixed,
      colId: "input",
      headerName: "Input",
      flex: 3,
      minWidth: 140,
      cellRenderer: Input,
      valueGetter: ({ data }) => data && input(data.node),
      tooltip: long,
    },
    {
      ...fixed,
      colId: "output",
      headerName: "Output",
      flex: 2,
      minWidth: 120,
      cellRenderer: Output,
      tooltip: long,
      valueGetter: ({ data }) => data && output(data.node),
    },
    {
      ...fixed,
      colId: "model",
      headerName: "Model",
      width: 130,
      valueGetter: ({ data }) => data?.node.call?.model,
      tooltip: long,
    },
    {
      ...number,
      colId: "tokens",
      headerName: "Tokens",
      width: 80,
      valueGetter: ({ data }) => data && short(data.node.tokens),
    },
    { ...number, colId: "cost", headerName: "Cost", width: 90, valueGetter: ({ data }) => data && usd(data.node.cost) },
  ];
  return all;
}

const long = ({ value }: { value?: unknown }): string | undefined =>
  typeof value === "string" && value.length > 16 ? value : undefined;

const ICONS: Record<string, LucideIcon | undefined> = { llm: Sparkles, sql: Database, python: Code };

function Step({ data }: Cell) {
  if (data === undefined) return null;
  const { node, depth, open } = data;
  const Icon =
    node.call !== null ? (ICONS[node.call.kind] ?? Sparkles) : node.kind === "query" ? SquareTerminal : Workflow;
  return (
    <span className={styles.step} style={{ paddingLeft: 14 * depth }}>
      {node.children.length > 0 ? (
        <span className={styles.toggle} aria-hidden>
          {open ? <ChevronDown /> : <ChevronRight />}
        </span>
      ) : (
        <span className={styles.toggle} />
      )}
      <Icon aria-hidden className={styles.kind} />
      <span className={node.kind === "query" ? styles.sql : styles.name} title={node.name}>
        {node.name}
      </span>
      {node.call !== null && node.call.attempt > 1 && <small title="a try again">try {node.call.attempt}</small>}
      {node.call === null && <small>{count(node.calls)}</small>}
    </span>
  );
}

function Bar({ data }: Cell) {
  if (data === undefined) return null;
  const { left, width } = bar(data);
  const { node, from } = data;
  const look = node.errors > 0 ? styles.failed : node.call === null ? styles.whole : styles.call;
  return (
    <span
      className={styles.axis}
      title={`${seconds(node.start - from)} after the start, took ${seconds(node.end - node.start)}`}
    >
      <span className={look} style={{ left: `${100 * left}%`, width: `${100 * width}%` }} />
    </span>
  );
}

function Input({ data, value }: Cell) {
  const query = data?.node.query;
  if (query === undefined || query === null) return <>{value}</>;
  return (
    <Link to="/sql" search={{ query: query.query_id }}>
      Open in SQL
    </Link>
  );
}

function Output({ data, value }: Cell) {
  if (data === undefined) return null;
  const bad = data.node.call?.error ?? data.node.query?.error ?? null;
  if (bad === null) return <>{value}</>;
  return (
    <span className={styles.error}>
      <CircleAlert aria-label="failed" />
      <span>{bad}</span>
    </span>
  );
}

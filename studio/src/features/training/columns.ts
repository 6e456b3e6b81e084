/** The grid's columns. */
import type { ColDef } from "ag-grid-community";

import type { Example } from "@/shared/api/client";
import { ago, moment, seconds, usd } from "@/shared/lib/format";

import { Answer, Both, type Cell, Input, Sure, Tags, Trainable, Verified } from "./cells";
import styles from "./columns.module.css";

/** Drawn where there is a row to draw: what is still on its way costs nothing. */
const drawn = (component: Cell): Pick<ColDef<Example>, "cellRendererSelector"> => ({
  cellRendererSelector: ({ data }) => (data === undefined ? undefined : { component }),
});

const number = { type: "rightAligned", cellClass: styles.number } as const;

const TRAINABLE: ColDef<Example> = {
  colId: "trainable",
  headerName: "Train",
  headerTooltip: "Trainable: the next calls of this cell may be given it as an example (t)",
  ...drawn(Trainable),
  width: 64,
  cellClass: styles.middle,
  sortable: false,
};
const VERIFIED: ColDef<Example> = {
  colId: "verified",
  headerName: "Right",
  headerTooltip: "Verified: a person says that the answer is right (v)",
  ...drawn(Verified),
  width: 60,
  cellClass: styles.middle,
  sortable: false,
};

/** On a phone: what is asked and answered first. */
export const NARROW: ColDef<Example>[] = [
  { colId: "user_input", headerName: "Input and answer", ...drawn(Both), flex: 1, minWidth: 160, sortable: false },
  { ...TRAINABLE, width: 62 },
  { ...VERIFIED, width: 62 },
];

export const COLUMNS: ColDef<Example>[] = [
  TRAINABLE,
  VERIFIED,
  { colId: "confidence", headerName: "Confidence", ...drawn(Sure), width: 118, cellClass: styles.middle },
  {
    colId: "cascade_id",
    headerName: "Cascade",
    valueGetter: ({ data }) => (data === undefined ? "" : `${data.cascade_id} · ${data.cell_name}`),
    tooltip: ({ data }) => data && `${data.cascade_id} · ${data.cell_name}`,
    width: 128,
  },
  {
    colId: "user_input",
    field: "user_input",
    headerName: "Input",
    ...drawn(Input),
    flex: 6,
    minWidth: 280,
    sortable: false,
  },
  { colId: "answer", headerName: "Answer", ...drawn(Answer), flex: 3, minWidth: 130, sortable: false },
  { colId: "tags", headerName: "Tags", ...drawn(Tags), width: 84, sortable: false },
  { colId: "model", field: "model", headerName: "Model", width: 116, tooltip: ({ data }) => data?.model },
  { colId: "cost", headerName: "Cost", valueGetter: ({ data }) => usd(data?.cost), width: 94, ...number },
  {
    colId: "duration_ms",
    headerName: "Time",
    valueGetter: ({ data }) => (data === undefined ? "" : seconds(data.duration_ms)),
    width: 84,
    hide: true,
    ...number,
  },
  { colId: "tokens_in", field: "tokens_in", headerName: "Tokens in", width: 96, ...number, hide: true },
  { colId: "tokens_out", field: "tokens_out", headerName: "Tokens out", width: 100, ...number, hide: true },
  {
    colId: "used",
    field: "used",
    headerName: "Used",
    headerTooltip: "How many answers were given it as an example",
    hide: true,
    width: 70,
    sortable: false,
    ...number,
  },
  { colId: "session_id", field: "session_id", headerName: "Session", width: 120, sortable: false, hide: true },
  {
    colId: "timestamp",
    headerName: "When",
    valueGetter: ({ data }) => (data === undefined ? "" : ago(data.timestamp)),
    tooltip: ({ data }) => (data === undefined ? "" : moment(data.timestamp)),
    width: 96,
  },
];

/** The grid's columns. */
import type { ColDef, ICellRendererParams } from "ag-grid-community";
import { Check, PenLine } from "lucide-react";
import type { ReactNode } from "react";

import type { Example } from "@/shared/api/client";
import { ago, moment, seconds, shown, usd } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Confidence } from "@/shared/ui/confidence";
import { Switch } from "@/shared/ui/field";

import styles from "./columns.module.css";
import { told } from "./input";
import { holds } from "@/shared/lib/labels";

export interface Context {
  toggle: (example: Example, field: "trainable" | "verified") => void;
}

type Cell = ICellRendererParams<Example, unknown, Context>;

/** The text that it is about first, then what was asked of it. */
function Input({ data }: Cell) {
  if (data === undefined) return null;
  const { main, rest } = told(data);
  return (
    <span className={styles.line} title={data.user_input ?? ""}>
      <span className={styles.text}>{main}</span>
      {rest !== "" && <span className={styles.rest}>{rest}</span>}
    </span>
  );
}

function Answer({ data }: Cell) {
  if (data === undefined) return null;
  const text = shown(holds(data));
  return (
    <span className={styles.line} title={text}>
      {data.corrected_output !== null && <PenLine aria-label="corrected" className={styles.corrected} />}
      <span className={styles.text}>{text.replaceAll("\n", " ")}</span>
    </span>
  );
}

/** Both, one above the other, where there is no room beside. */
function Both({ data, ...more }: Cell) {
  if (data === undefined) return null;
  return (
    <span className={styles.both}>
      <Input data={data} {...more} />
      <span className={styles.line}>
        <Confidence value={data.confidence} calibrated={data.calibrated} />
        <Answer data={data} {...more} />
      </span>
    </span>
  );
}

function Trainable({ data, context }: Cell) {
  if (data === undefined) return null;
  return <Switch label="trainable" on={data.trainable} onChange={() => context.toggle(data, "trainable")} />;
}

function Verified({ data, context }: Cell) {
  if (data === undefined) return null;
  return (
    <button
      type="button"
      className={`${styles.verified} ${data.verified ? styles.yes : ""}`}
      aria-pressed={data.verified}
      aria-label="verified"
      title={data.verified ? "verified: a person says this is right" : "not verified"}
      onClick={() => context.toggle(data, "verified")}
    >
      <Check aria-hidden />
    </button>
  );
}

const Sure = ({ data }: Cell) => data && <Confidence value={data.confidence} calibrated={data.calibrated} />;

const Tags = ({ data }: Cell) => (
  <span className={styles.tags}>
    {data?.tags.map((tag) => (
      <Badge key={tag}>{tag}</Badge>
    ))}
  </span>
);

/** Drawn where there is a row to draw: what is still on its way costs nothing. */
const drawn = (component: (cell: Cell) => ReactNode): Pick<ColDef<Example>, "cellRendererSelector"> => ({
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

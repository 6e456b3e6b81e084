/** Spend by something: a chart, and the same as a table under it. */
import { type ReactNode, useState } from "react";

import { count, percent, short, usd } from "@/shared/lib/format";
import { Button } from "@/shared/ui/button";
import { Chart, Share } from "@/shared/ui/chart";
import { Card } from "@/shared/ui/page";
import { Failure, Skeleton } from "@/shared/ui/states";
import { type Column, Table } from "@/shared/ui/table";

import styles from "./costs.module.css";
import { type Measure, point, series, size, write } from "./measure";
import { part, type Spend, top, total } from "./sums";

const FEW = 8;

interface BreakdownProps {
  title: string;
  about?: string;
  /** What one row is: Day, Model. */
  noun: string;
  by: Measure;
  /** The rows are of days that were chosen before: those of now are on their way. */
  late: boolean;
  /** In the order of the table. */
  rows: readonly Spend[] | undefined;
  /** In the order of the chart, where it is another one: days. */
  drawn?: readonly Spend[];
  error: unknown;
  again: () => void;
  /** The key as a name, and with where it leads. */
  name?: (key: string) => string;
  link: (key: string, name: string) => ReactNode;
  /** Answers from memory are counted by it. */
  memory?: boolean;
}

export function Breakdown({
  title,
  about,
  noun,
  by,
  late,
  rows,
  drawn,
  error,
  again,
  name = String,
  link,
  memory = false,
}: BreakdownProps) {
  const [all, setAll] = useState(false);
  if (error !== null)
    return (
      <Card title={title}>
        <Failure error={error} again={again} />
      </Card>
    );
  if (rows === undefined)
    return (
      <Card title={title}>
        <Skeleton lines={6} />
      </Card>
    );
  const sorted = drawn === undefined ? [...rows].sort((a, b) => size(by, b) - size(by, a)) : rows;
  const shown = all ? sorted : sorted.slice(0, FEW);
  const points = (drawn ?? top(sorted, FEW)).map((spend) => point(spend, name(spend.key)));
  return (
    <Card title={title} about={about}>
      <div className={late ? styles.late : ""} aria-busy={late}>
        <Chart
          label={`${title}, as a chart. The table below has the same numbers.`}
          points={points}
          x="name"
          series={series(by, points)}
          write={(value) => write(by, value)}
          sideways={drawn === undefined}
          height={drawn === undefined ? Math.max(70, 26 * points.length + 36) : 220}
        />
        <div className={styles.table}>
          <Table
            label={title}
            rows={shown}
            id={(row) => row.key}
            columns={columns({ noun, by, sorted, name, link, memory })}
          />
          {sorted.length > FEW && (
            <Button look="quiet" className={styles.more} onClick={() => setAll(!all)}>
              {all ? "Show fewer" : `Show all ${count(sorted.length)}`}
            </Button>
          )}
        </div>
      </div>
    </Card>
  );
}

function columns({
  noun,
  by,
  sorted,
  name,
  link,
  memory,
}: Required<Pick<BreakdownProps, "noun" | "by" | "name" | "link" | "memory">> & {
  sorted: readonly Spend[];
}): Column<Spend>[] {
  const whole = size(by, { ...total(sorted), key: "" });
  const some = (field: "scoring" | "errors") => sorted.some((row) => row[field] > 0);
  return [
    { name: noun, wide: true, cell: (row) => link(row.key, name(row.key)) },
    {
      name: "Share",
      cell: (row) => <Share of={part(size(by, row), whole)}>{percent(part(size(by, row), whole))}</Share>,
    },
    {
      name: "Cost",
      number: true,
      cell: (row) => (
        <span title={priced(row)}>{row.calls > 0 && row.unpriced === row.calls ? "—" : usd(row.cost)}</span>
      ),
    },
    ...(some("scoring") ? [{ name: "Scoring", number: true, cell: (row: Spend) => usd(row.scoring) }] : []),
    { name: "Calls", number: true, cell: (row) => count(row.calls) },
    ...(memory ? [{ name: "From memory", number: true, cell: (row: Spend) => count(row.cached) }] : []),
    {
      name: "Tokens",
      number: true,
      cell: (row) => (
        <span title={`${count(row.tokens_in)} read, ${count(row.tokens_out)} written`}>
          {short(row.tokens_in + row.tokens_out)}
        </span>
      ),
    },
    ...(some("errors") ? [{ name: "Errors", number: true, cell: errors }] : []),
  ];
}

const priced = (row: Spend): string | undefined =>
  row.unpriced === 0 ? undefined : `${count(row.unpriced)} of ${count(row.calls)} calls have no price`;

const errors = (row: Spend) => (row.errors === 0 ? "0" : <span className={styles.bad}>{count(row.errors)}</span>);

/** The executions a query made, each with its answer, to be marked and corrected right there. */
import { Link } from "@tanstack/react-router";
import { Bot, ExternalLink, X } from "lucide-react";
import { useState } from "react";

import type { Example } from "@/shared/api/client";
import { count, plural, shown } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Button, IconButton } from "@/shared/ui/button";
import { Confidence } from "@/shared/ui/confidence";
import { Answer, Marking } from "@/shared/ui/marking";
import { Segments } from "@/shared/ui/segments";
import { Empty, Failure, Skeleton } from "@/shared/ui/states";

import { useExecutions } from "./api";
import styles from "./executions.module.css";

interface ExecutionsProps {
  query: string | null;
  following: boolean;
  /** Answers of this query that came from memory: their executions are another query's. */
  cached: number;
  /** The text of a row that was chosen in the result. */
  row: string | null;
  onRow: (row: string | null) => void;
}

const ORDERS = [
  { value: "new", label: "Newest" },
  { value: "unsure", label: "Least sure" },
] as const;

export function Executions({ query, following, cached, row, onRow }: ExecutionsProps) {
  const [order, setOrder] = useState<"new" | "unsure">("new");
  const found = useExecutions({ query, search: row, unsure: order === "unsure" }, following && row === null);
  const examples = found.data?.pages.flatMap((page) => page.examples) ?? [];
  const total = found.data?.pages[0]?.total ?? 0;
  if (query === null && row === null)
    return (
      <Empty icon={<Bot aria-hidden />} title="No executions yet">
        Run a query that asks a model. What it was asked and answered stands here, to be checked and corrected.
      </Empty>
    );
  return (
    <div className={styles.executions}>
      <header className={styles.head}>
        {row === null ? (
          <span className={styles.total}>{plural(total, "execution")}</span>
        ) : (
          <span className={styles.row} title={row}>
            with “{row}”
          </span>
        )}
        {row !== null && (
          <IconButton label="All executions of the query" onClick={() => onRow(null)}>
            <X />
          </IconButton>
        )}
        <Segments label="Order" options={ORDERS} value={order} onChange={setOrder} />
      </header>
      {found.error !== null ? (
        <Failure error={found.error} again={() => void found.refetch()} />
      ) : found.data === undefined ? (
        <Skeleton lines={8} />
      ) : examples.length === 0 ? (
        <Nothing row={row} cached={cached} unsure={order === "unsure"} />
      ) : (
        <ul className={styles.list}>
          {examples.map((example) => (
            <Line key={example.trace_id} example={example} />
          ))}
        </ul>
      )}
      {found.hasNextPage && (
        <Button look="quiet" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          Show more of {count(total)}
        </Button>
      )}
    </div>
  );
}

function Nothing({ row, cached, unsure }: { row: string | null; cached: number; unsure: boolean }) {
  if (unsure)
    return <Empty title="None of them is scored yet">They are scored in the background: look again soon.</Empty>;
  if (row !== null)
    return <Empty title="No execution has this text">The row may hold what no model was asked about.</Empty>;
  if (cached > 0)
    return (
      <Empty title={`All ${plural(cached, "answer")} came from memory`}>
        No model was asked again. Choose a row of the result to see the execution its answer is from.
      </Empty>
    );
  return <Empty title="No model was asked">This query has no semantic operator, or no row reached one.</Empty>;
}

/** The first argument is what was judged; the others say by what. */
function Line({ example }: { example: Example }) {
  const [first, ...others] = Object.entries(example.inputs).map(([name, value]) => [name, shown(value)] as const);
  return (
    <li className={styles.line}>
      <p className={styles.text} title={first?.[1]}>
        {first?.[1] ?? "(no arguments)"}
      </p>
      <p className={styles.about}>
        <Badge title={`${example.cascade_id}.${example.cell_name} · ${example.model}`}>{example.cascade_id}</Badge>
        <span title={others.map(([name, value]) => `${name}: ${value}`).join("\n")}>
          {others.map(([, value]) => value).join(" · ")}
        </span>
      </p>
      <div className={styles.answered}>
        <Answer example={example} />
        <Confidence value={example.confidence} calibrated={example.calibrated} />
        <span className={styles.acts}>
          <Link
            to="/training"
            search={{ open: example.trace_id }}
            className={styles.open}
            aria-label="Open the execution"
            title="Open the execution"
          >
            <ExternalLink aria-hidden />
          </Link>
        </span>
        <Marking example={example} />
      </div>
    </li>
  );
}

/** What came of a run: notices, an error, rows or a plan. */
import { BookOpen, Download, Info, SquareTerminal, TriangleAlert } from "lucide-react";
import { lazy, Suspense, useState } from "react";

import { count, plural, shown } from "@/shared/lib/format";
import { useStore } from "@/shared/lib/store";
import { Button } from "@/shared/ui/button";
import { Menu } from "@/shared/ui/menu";
import { Empty, Skeleton } from "@/shared/ui/states";
import { say } from "@/shared/ui/toasts";

import { download, type Format, reads, whole } from "./download";
import { options } from "./draft";
import planStyles from "./plan.module.css";
import { PlanView } from "./plan-view";
import { active, type Run } from "./run";
import styles from "./sql.module.css";
import { Status } from "./status";
import type { Failed, Value } from "./stream";

const BOOKS = "📚 ";

const Results = lazy(() => import("./results"));

interface OutcomeProps {
  run: Run;
  onRow: (row: Value[] | null) => void;
  onPlace: (place: { line: number; column: number }) => void;
}

export function Outcome({ run, onRow, onPlace }: OutcomeProps) {
  return (
    <section className={styles.outcome} aria-label="Result">
      <Status run={run} />
      {run.notices.length > 0 && (
        <ul className={styles.notices}>
          {run.notices.map((notice, place) => (
            <li key={place}>
              <Told {...notice} />
            </li>
          ))}
        </ul>
      )}
      {run.error !== null && run.phase === "failed" && <Wrong error={run.error} onPlace={onPlace} />}
      {run.phase === "cancelled" && (
        <Empty title="Cancelled">What was answered is kept: run it again, and only the rest is asked.</Empty>
      )}
      <Rows run={run} onRow={onRow} />
    </section>
  );
}

function Wrong({ error, onPlace }: { error: Failed; onPlace: OutcomeProps["onPlace"] }) {
  const { line, column } = error;
  return (
    <div className={styles.error} role="alert">
      <pre>{error.message}</pre>
      {error.hint !== null && <p>{error.hint}</p>}
      {typeof line === "number" && (
        <button type="button" className={styles.place} onClick={() => onPlace({ line, column: column ?? 1 })}>
          Go to line {line}, column {column ?? 1}
        </button>
      )}
    </div>
  );
}

/** A picture that not every font has is drawn; whoever searches the page finds the line as the console has it. */
function Told({ message, severity }: { message: string; severity: string }) {
  if (message.startsWith(BOOKS))
    return (
      <>
        <BookOpen aria-hidden className={styles.book} />
        <span>
          <span className="visually-hidden">{BOOKS}</span>
          {message.slice(BOOKS.length)}
        </span>
      </>
    );
  const Icon = severity === "info" ? Info : TriangleAlert;
  return (
    <>
      <Icon aria-label={severity} className={severity === "info" ? undefined : styles.warning} />
      {message}
    </>
  );
}

function Rows({ run, onRow }: { run: Run; onRow: (row: Value[] | null) => void }) {
  if (run.columns.length === 0) {
    if (active(run)) return <Skeleton lines={6} />;
    return run.phase === "done" ? (
      <Empty icon={<SquareTerminal aria-hidden />} title="Done">
        The statement gives no rows.
      </Empty>
    ) : null;
  }
  const [first] = run.columns;
  if (run.plan !== null) return active(run) ? <Skeleton lines={6} /> : <PlanView plan={run.plan} />;
  if (first?.name === "explain_key")
    return (
      <pre className={planStyles.text} role="region" aria-label="Plan" tabIndex={0}>
        {run.rows.map((row) => shown(row[1])).join("\n")}
      </pre>
    );
  if (run.rows.length === 0 && active(run)) return <Skeleton lines={6} />;
  if (run.rows.length === 0 && run.phase === "done")
    return (
      <Empty title="No rows">
        No row passed. {(run.usage?.calls ?? 0) > 0 && "The executions beside show what was answered for each."}
      </Empty>
    );
  return (
    <>
      <Suspense fallback={<Skeleton lines={6} />}>
        <Results key={run.id} columns={run.columns} rows={run.rows} onRow={onRow} />
      </Suspense>
      <Foot run={run} />
    </>
  );
}

function Foot({ run }: { run: Run }) {
  const chosen = useStore(options);
  const [waiting, setWaiting] = useState(false);
  const again = reads(run.sql);
  const get = async (format: Format) => {
    setWaiting(true);
    try {
      await download(run, format, chosen);
    } catch (error) {
      say.failed("Not downloaded", error);
    } finally {
      setWaiting(false);
    }
  };
  return (
    <footer className={styles.foot}>
      <span>
        {whole(run) ? plural(run.total, "row") : `the first ${count(run.rows.length)} of ${plural(run.total, "row")}`}
        {`, ${plural(run.columns.length, "column")}`}
      </span>
      <Menu
        trigger={
          <Button look="quiet" icon={<Download />} disabled={waiting || active(run)}>
            {waiting ? "Writing…" : "Download"}
          </Button>
        }
        choices={[
          {
            label: "CSV",
            note: whole(run) ? "as shown" : "runs again",
            disabled: !whole(run) && !again,
            act: () => void get("csv"),
          },
          {
            label: "Parquet",
            note: again ? "runs again" : "it writes: not run again",
            disabled: !again,
            act: () => void get("parquet"),
          },
        ]}
      />
    </footer>
  );
}

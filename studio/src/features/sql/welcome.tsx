/** What stands below the editor before anything was run here: queries to begin with, or what the log knows of the one that was opened. */
import { Play, SquareTerminal } from "lucide-react";

import type { Schemas } from "@/shared/api/client";
import { moment, plural, seconds, usd } from "@/shared/lib/format";
import { Button } from "@/shared/ui/button";
import { LoadDemo } from "@/shared/ui/load-demo";
import { Empty, Skeleton } from "@/shared/ui/states";

import { useTables } from "./api";
import { open } from "./draft";
import { samples } from "./samples";
import styles from "./sql.module.css";

type Query = Schemas["QueryRow"];

interface WelcomeProps {
  /** undefined: none was opened; null: it is not in the log. */
  logged: Query | null | undefined;
  onRun: () => void;
}

export function Welcome({ logged, onRun }: WelcomeProps) {
  const tables = useTables();
  if (logged === null)
    return (
      <Empty icon={<SquareTerminal aria-hidden />} title="This query is not in the log">
        Only queries that asked a model are kept. The history beside has all of them.
      </Empty>
    );
  if (logged !== undefined) return <Logged query={logged} onRun={onRun} />;
  if (tables.data === undefined) return <Skeleton lines={4} />;
  const tries = samples(tables.data.tables);
  return (
    <Empty icon={<SquareTerminal aria-hidden />} title="Ask your tables" actions={<LoadDemo />}>
      <p>Write SQL above and run it with Ctrl+Enter. Operators such as MEANS and CLASSIFY ask a model.</p>
      <ul className={styles.samples}>
        {tries.map((sql) => (
          <li key={sql}>
            <button type="button" className={styles.sample} onClick={() => open(sql)}>
              <code>{sql}</code>
            </button>
          </li>
        ))}
      </ul>
    </Empty>
  );
}

function Logged({ query, onRun }: { query: Query; onRun: () => void }) {
  return (
    <Empty
      icon={<SquareTerminal aria-hidden />}
      title={query.error === null ? `It gave ${plural(query.rows ?? 0, "row")}` : "It failed"}
      actions={
        <Button look="primary" icon={<Play />} onClick={onRun}>
          Run it again
        </Button>
      }
    >
      {query.error !== null && <p className={styles.failed}>{query.error}</p>}
      <p>
        {moment(query.timestamp)} · {plural(query.calls, "call")}, {query.cached} from memory · {usd(query.cost)} ·{" "}
        {seconds(query.duration_ms)}
      </p>
      <p>Rows are not kept. Run again, it asks only what memory does not know.</p>
    </Empty>
  );
}

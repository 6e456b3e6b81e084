/** Everything that contradicts in a cell. What contradicts teaches nothing until one of its sides is chosen. */
import { Link } from "@tanstack/react-router";
import { Scale } from "lucide-react";
import { useState } from "react";

import { inTurn, refresh, remember, undo } from "@/shared/api/decisions";
import { count, plural } from "@/shared/lib/format";
import { useKeys } from "@/shared/lib/keys";
import { Empty, Failure, Skeleton } from "@/shared/ui/states";
import { say } from "@/shared/ui/toasts";

import { type Cell, choose, useContradictions } from "./api";
import { Sides } from "./contradicting";
import styles from "./review.module.css";

export function Contradictions({ cell }: { cell: Cell }) {
  const found = useContradictions(cell);
  const [busy, setBusy] = useState(false);
  useKeys({ u: () => void undo(), "mod+z": () => void undo() });
  const chosen = async (trace_id: string) => {
    setBusy(true);
    try {
      const marked = await inTurn(async () => {
        const taken = await choose(trace_id);
        remember(taken.undo, "chosen");
        return taken;
      });
      say.done(`Chosen; ${plural(marked.updated, "answer")} against it unmarked`, {
        label: "Undo",
        act: () => void undo(),
      });
      refresh();
    } catch (error) {
      say.failed("Not chosen", error);
    } finally {
      setBusy(false);
    }
  };
  if (found.error !== null) return <Failure error={found.error} again={() => void found.refetch()} />;
  if (found.isPending) return <Skeleton lines={8} />;
  const { contradictions, enter, duplicates } = found.data;
  if (contradictions.length === 0) {
    return (
      <Empty icon={<Scale aria-hidden />} title="Nothing contradicts here">
        {plural(enter, "example")} of this cell can teach. When two approved answers to one question differ, both are
        kept out and shown here.{" "}
        <Link to="/review" search={{ ...cell }}>
          Go on reviewing
        </Link>
      </Empty>
    );
  }
  const open = contradictions.filter((one) => one.holds === null).length;
  return (
    <div className={styles.pairs}>
      <p className={styles.about}>
        {count(open)} open, {count(contradictions.length - open)} solved by a verified answer.{" "}
        {plural(enter, "example")} of this cell can teach, {plural(duplicates, "duplicate")} left out.
      </p>
      {contradictions.map((pair) => (
        <article className={styles.card} key={pair.examples[0]?.trace_id}>
          <Sides pair={pair} busy={busy} onChoose={(trace_id) => void chosen(trace_id)} />
        </article>
      ))}
    </div>
  );
}

/** How far the run is, or what it took. */
import { CircleAlert, CircleCheck, CircleSlash, LoaderCircle } from "lucide-react";
import { useEffect, useState } from "react";

import { count, plural, seconds, usd } from "@/shared/lib/format";

import { active, reached, type Run } from "./run";
import styles from "./status.module.css";

export function Status({ run }: { run: Run | null }) {
  const now = useNow(active(run));
  if (run === null) return null;
  return active(run) ? <Going run={run} now={now} /> : <Ended run={run} />;
}

function Going({ run, now }: { run: Run; now: number }) {
  const far = reached(run, now);
  return (
    <div className={styles.status} role="status">
      <LoaderCircle aria-hidden className={styles.turning} />
      <strong>{run.phase === "stopping" ? "Cancelling" : "Running"}</strong>
      {far !== null && (
        <>
          <progress aria-label="Calls" max={far.total} value={far.done} />
          <span className={styles.part}>
            {count(far.done)} / {count(far.total)}
          </span>
          <span className={styles.part}>{count(far.cached)} from memory</span>
          <span className={styles.part}>{usd(far.cost)}</span>
          {far.left !== null && <span className={styles.part}>{seconds(far.left)} left</span>}
          <span className={styles.stage}>{run.stages.at(-1)?.stage}</span>
        </>
      )}
      <span className={styles.time}>{seconds(now - run.started)}</span>
    </div>
  );
}

const ENDS = {
  done: { icon: CircleCheck, look: "done", word: "Done" },
  failed: { icon: CircleAlert, look: "failed", word: "Failed" },
  cancelled: { icon: CircleSlash, look: "cancelled", word: "Cancelled" },
} as const;

function Ended({ run }: { run: Run }) {
  const end = ENDS[run.phase as keyof typeof ENDS];
  const Icon = end.icon;
  const explained = run.plan?.ran === false;
  const usage = explained ? null : run.usage;
  const far = reached(run, run.started);
  return (
    <div className={styles.status} role="status">
      <Icon aria-hidden className={styles[end.look]} />
      <strong>{explained ? "Explained" : end.word}</strong>
      {run.phase === "done" && run.plan === null && <span className={styles.part}>{plural(run.total, "row")}</span>}
      {usage !== null && (
        <>
          <span className={styles.part}>{plural(usage.calls, "call")}</span>
          <span className={styles.part}>{count(usage.cached)} from memory</span>
          <span className={styles.part}>{usd(usage.cost_usd)}</span>
          <span className={styles.part}>{plural(usage.tokens_in + usage.tokens_out, "token")}</span>
        </>
      )}
      {usage === null && far !== null && (
        <span className={styles.part}>
          {count(far.done)} of {count(far.total)} answers are kept
        </span>
      )}
      <span className={styles.time}>
        {seconds((usage?.seconds ?? ((run.ended ?? 0) - run.started) / 1_000) * 1_000)}
      </span>
    </div>
  );
}

function useNow(ticking: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!ticking) return;
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [ticking]);
  return now;
}

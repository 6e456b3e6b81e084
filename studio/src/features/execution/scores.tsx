/** How sure each scorer is, and why. */
import type { Whole } from "@/shared/api/client";
import { ago, moment, usd } from "@/shared/lib/format";
import { Confidence } from "@/shared/ui/confidence";
import { Empty } from "@/shared/ui/states";

import styles from "./scores.module.css";

export function Scores({ whole }: { whole: Whole }) {
  if (whole.scores.length === 0) {
    return (
      <Empty title="Not scored yet">
        The server scores what comes in by itself. For what was logged before: <code>rvbbit score --backfill</code>.
      </Empty>
    );
  }
  return (
    <ul className={styles.list}>
      {whole.scores.map((score) => (
        <li key={score.scorer}>
          <header>
            <strong>{score.scorer}</strong>
            <Confidence value={score.value} calibrated={score.scorer === "confidence" ? score.calibrated : undefined} />
            <span className={styles.when} title={`${moment(score.timestamp)}, version ${score.version}`}>
              {ago(score.timestamp)}
              {score.cost_usd === null || score.cost_usd === 0 ? "" : `, ${usd(score.cost_usd)}`}
            </span>
          </header>
          <p>{score.reason}</p>
        </li>
      ))}
    </ul>
  );
}

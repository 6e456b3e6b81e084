/** How far one is, whether looking at more would help, and what was just decided. */
import { Check, CircleCheckBig, LoaderCircle, TrendingUp } from "lucide-react";

import { told } from "@/shared/api/error";
import { count, shown } from "@/shared/lib/format";
import { Button } from "@/shared/ui/button";

import type { Item } from "./api";
import { untilSignal } from "./outlook";
import styles from "./side.module.css";
import { confirmed, left, saving, type Sitting } from "./sitting";

const KEYS: readonly [string, string][] = [
  ["v", "right: verified, and an example"],
  ["x", "wrong: never an example"],
  ["1–9", "this label is right"],
  ["e", "type the right answer"],
  ["s", "skip"],
  ["u", "undo"],
  ["j k", "next, previous"],
];

export function Side({ sitting, error, onAgain }: { sitting: Sitting; error: unknown; onAgain: () => void }) {
  const { queue } = sitting;
  const done = confirmed(sitting);
  const open = left(sitting);
  const pending = saving(sitting);
  return (
    <aside className={styles.side} aria-label="Progress">
      <section>
        <div className={styles.row}>
          <strong>{count(done)}</strong> reviewed now
          <span className={styles.end} title="questions that nobody has reviewed">
            {queue === null ? "…" : `${count(open)} left`}
          </span>
        </div>
        {queue !== null && (
          <p className={styles.small}>
            {count(queue.reviewed + done - sitting.confirmedBefore)} in all, with those before
          </p>
        )}
        <progress
          className={styles.bar}
          max={Math.max(done + open, 1)}
          value={done}
          aria-label="Reviewed of this queue"
        />
        <p className={styles.small} aria-live="polite">
          {pending > 0 ? (
            <>
              <LoaderCircle aria-hidden className={styles.turning} /> saving {count(pending)}
            </>
          ) : done > 0 ? (
            "everything is saved"
          ) : (
            "nothing decided yet"
          )}
        </p>
      </section>
      {queue !== null && (
        <section className={queue.enough ? styles.enough : ""}>
          <h2>
            {queue.enough ? <CircleCheckBig aria-hidden /> : <TrendingUp aria-hidden />}
            {queue.enough ? "You may stop here" : untilSignal({ ...queue, left: open }, done - sitting.confirmedBefore)}
          </h2>
          <p className={styles.small}>{queue.signal}</p>
        </section>
      )}
      {error !== null && (
        <section role="alert" className={styles.failed}>
          <p>No more items: {told(error).message}</p>
          <Button onClick={onAgain}>Try again</Button>
        </section>
      )}
      {sitting.decided.length > 0 && (
        <section className={styles.lately}>
          <h3>Lately</h3>
          <ol>
            {sitting.decided
              .slice(-6)
              .reverse()
              .map((one) => (
                <li key={one.item.execution.trace_id}>
                  {one.undo === null ? (
                    <LoaderCircle aria-label="saving" className={styles.turning} />
                  ) : (
                    <Check aria-label="saved" />
                  )}
                  <b title={one.what}>{one.what}</b>
                  <span title={asked(one.item)}>{asked(one.item)}</span>
                </li>
              ))}
          </ol>
        </section>
      )}
      <section className={styles.keys}>
        <dl>
          {KEYS.map(([key, what]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </section>
    </aside>
  );
}

/** The longest text that was asked about. */
function asked({ execution }: Item): string {
  const texts = Object.values(execution.inputs).filter((value) => typeof value === "string");
  return texts.toSorted((one, other) => other.length - one.length)[0] ?? shown(execution.inputs);
}

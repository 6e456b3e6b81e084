/** Approved answers to one question that differ, side by side: one of them holds. */
import { Link } from "@tanstack/react-router";
import { ExternalLink } from "lucide-react";

import { useKeys } from "@/shared/lib/keys";
import { shown } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Button } from "@/shared/ui/button";
import { Failure, Skeleton } from "@/shared/ui/states";

import { Arguments } from "./answer";
import { type Contradiction, type Item, useContradictions } from "./api";
import styles from "./contradicting.module.css";

export function Contradicting({ item, onChoose }: { item: Item; onChoose: (trace_id: string) => void }) {
  const { execution } = item;
  const found = useContradictions(execution);
  const pair = found.data?.contradictions.find((one) =>
    one.examples.some((example) => example.trace_id === execution.trace_id),
  );
  const keys = Object.fromEntries(
    (pair?.examples ?? []).slice(0, 9).map((one, place) => [`${place + 1}`, () => onChoose(one.trace_id)]),
  );
  useKeys(keys);
  if (found.error !== null) return <Failure error={found.error} again={() => void found.refetch()} />;
  if (found.isPending) return <Skeleton lines={5} />;
  if (pair === undefined) {
    return <p className={styles.gone}>This contradiction was solved meanwhile. Skip it with s.</p>;
  }
  return <Sides pair={pair} keyed onChoose={onChoose} />;
}

export function Sides({
  pair,
  keyed = false,
  busy = false,
  onChoose,
}: {
  pair: Contradiction;
  keyed?: boolean;
  busy?: boolean;
  onChoose: (trace_id: string) => void;
}) {
  const [first] = pair.examples;
  return (
    <>
      <Arguments inputs={first?.arguments ?? {}} />
      <ul className={styles.sides} aria-label="Answers that contradict each other">
        {pair.examples.map((one, place) => (
          <li key={one.trace_id} className={one.trace_id === pair.holds ? styles.holds : ""}>
            <p className={styles.said}>{shown(one.answer, 2)}</p>
            <div className={styles.foot}>
              {one.trace_id === pair.holds ? (
                <Badge tone="high">verified: it holds</Badge>
              ) : (
                <Button
                  disabled={busy}
                  shortcut={keyed && place < 9 ? `${place + 1}` : undefined}
                  onClick={() => onChoose(one.trace_id)}
                >
                  This one holds
                </Button>
              )}
              <Link to="/training" search={{ open: one.trace_id }} aria-label={`Open ${shown(one.answer)}`}>
                <ExternalLink aria-hidden />
              </Link>
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

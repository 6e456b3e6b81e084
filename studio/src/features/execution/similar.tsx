/** What was asked in the same cell that is close to this, and how it was answered: one answer beside its neighbours is soon judged. */
import { Link } from "@tanstack/react-router";

import type { Schemas, Whole } from "@/shared/api/client";
import { count, percent, plural, shown } from "@/shared/lib/format";
import { holds } from "@/shared/lib/labels";
import { Badge } from "@/shared/ui/badge";
import { Confidence } from "@/shared/ui/confidence";
import { Empty, Failure, Skeleton } from "@/shared/ui/states";

import { useSimilar } from "./api";
import styles from "./injected.module.css";

export function Similar({ whole }: { whole: Whole }) {
  const { data, error, refetch } = useSimilar(whole.trace_id);
  if (error !== null && data === undefined) return <Failure error={error} again={() => void refetch()} />;
  if (data === undefined) return <Skeleton lines={5} />;
  if (data.similar.length === 0)
    return <Empty title="Nothing else was asked of this cell">What is asked of it next is compared with this.</Empty>;
  return (
    <>
      <p className={styles.note}>
        Nearest by meaning, of {count(data.considered)} executions of this cell: its newest, and what teaches there.
      </p>
      <ol className={styles.list}>
        {data.similar.map((one) => (
          <Neighbour key={one.execution.trace_id} one={one} whole={whole} />
        ))}
      </ol>
    </>
  );
}

function Neighbour({ one, whole }: { one: Schemas["Similar"]; whole: Whole }) {
  const { execution, similarity, asked } = one;
  const own = shown(holds(whole));
  const answer = shown(holds(execution));
  return (
    <li>
      <Link
        to="/training"
        search={(before: Record<string, unknown>) => ({ ...before, open: execution.trace_id })}
        className={styles.example}
      >
        <span className={styles.input}>{differing(execution.inputs, whole.inputs)}</span>
        <span className={styles.answer} title={answer}>
          → {answer}
        </span>
        <span className={styles.about}>
          <Badge tone={similarity >= 0.97 ? "info" : undefined}>{percent(similarity)} alike</Badge>
          <Confidence value={execution.confidence} calibrated={execution.calibrated} />
          {asked > 1 && <Badge>{plural(asked, "time")}</Badge>}
          {similarity >= 0.97 && answer !== own && <Badge tone="medium">answered differently</Badge>}
          {execution.trainable && <Badge tone="accent">trainable</Badge>}
          {execution.verified && <Badge tone="high">verified</Badge>}
        </span>
      </Link>
    </li>
  );
}

/** The arguments but for those that are the same. */
function differing(inputs: Whole["inputs"], own: Whole["inputs"]): string {
  const others = Object.entries(inputs).filter(([name, value]) => shown(value) !== shown(own[name]));
  if (others.length === 0) return "the same question";
  return others.map(([name, value]) => (others.length === 1 ? shown(value) : `${name}: ${shown(value)}`)).join("\n");
}

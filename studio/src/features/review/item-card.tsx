/** The execution at hand. On touch it is swiped: right is right, left is wrong. */
import { Link } from "@tanstack/react-router";
import { CircleAlert, ExternalLink } from "lucide-react";

import { told } from "@/shared/api/error";
import { ago, moment } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Confidence } from "@/shared/ui/confidence";

import { Answer, Arguments } from "./answer";
import type { Item } from "./api";
import { Contradicting } from "./contradicting";
import { Correct } from "./correct";
import styles from "./review.module.css";
import { useSwipe } from "./use-swipe";

interface ItemCardProps {
  item: Item;
  refused: unknown;
  /** The answers that have a button. */
  offered: readonly unknown[];
  correcting: boolean;
  onCorrect: (value: unknown) => Promise<void>;
  onCorrecting: (on: boolean) => void;
  onChoose: (item: Item, trace_id: string) => void;
  onSwipe: (way: "left" | "right") => void;
}

export function ItemCard({
  item,
  refused,
  offered,
  correcting,
  onCorrect,
  onCorrecting,
  onChoose,
  onSwipe,
}: ItemCardProps) {
  const { execution } = item;
  const contradicts = item.kind === "contradiction";
  const swipe = useSwipe(onSwipe, !correcting && !contradicts);
  return (
    <article className={styles.card} aria-label="Execution to review" {...swipe}>
      <span className={styles.stamp} data-way="right" aria-hidden>
        Right
      </span>
      <span className={styles.stamp} data-way="left" aria-hidden>
        Wrong
      </span>
      <header className={styles.why}>
        <Badge tone={contradicts ? "medium" : "accent"}>
          {contradicts ? "contradiction" : `${execution.cascade_id}.${execution.cell_name}`}
        </Badge>
        <p title={item.why}>{item.why}</p>
        <Confidence value={execution.confidence} calibrated={execution.calibrated} />
      </header>
      {refused !== undefined && <Refused error={refused} />}
      {contradicts ? (
        <Contradicting item={item} onChoose={(trace_id) => onChoose(item, trace_id)} />
      ) : (
        <>
          <Arguments inputs={execution.inputs} offered={offered} />
          {correcting ? (
            <Correct execution={execution} onSave={onCorrect} onCancel={() => onCorrecting(false)} />
          ) : (
            <Answer execution={execution} />
          )}
        </>
      )}
      <footer className={styles.from}>
        <span title={execution.model}>{execution.model}</span>
        <span title={moment(execution.timestamp)}>{ago(execution.timestamp)}</span>
        <Link to="/training" search={{ open: execution.trace_id }}>
          Open <ExternalLink aria-hidden />
        </Link>
      </footer>
    </article>
  );
}

function Refused({ error }: { error: unknown }) {
  const { message, hint } = told(error);
  return (
    <p className={styles.refused} role="alert">
      <CircleAlert aria-hidden />
      <span>
        Not saved: {message}
        {hint !== null && `. ${hint}`}
      </span>
    </p>
  );
}

/** One execution after another: what was asked, what was answered, and a key for each verdict. */
import { Link } from "@tanstack/react-router";
import { CircleCheckBig } from "lucide-react";
import { useState } from "react";

import { useKeys } from "@/shared/lib/keys";
import { labelled, labels } from "@/shared/lib/labels";
import { shown } from "@/shared/lib/format";
import { Button } from "@/shared/ui/button";
import { Empty, Failure, Skeleton } from "@/shared/ui/states";

import { Actions } from "./actions";
import type { Cell, Item, Order } from "./api";
import { ItemCard } from "./item-card";
import styles from "./review.module.css";
import { Side } from "./side";
import { useSitting } from "./use-sitting";

export function Review({ cell, order }: { cell: Cell | null; order: Order }) {
  const { sitting, error, fetching, more, decide, choose, correct, undo, skip, move } = useSitting(cell, order);
  const [correcting, setCorrecting] = useState<string | null>(null);
  const item = sitting.waiting[sitting.at];
  const id = item?.execution.trace_id ?? null;
  const plain = item !== undefined && item.kind !== "contradiction";
  const given = plain ? labels(item.execution) : [];

  const verdicts = {
    right: () => plain && decide(item, { trainable: true, verified: true }, "right"),
    // a person's confidence of 0: looked at, wrong, and out of the set
    wrong: () => plain && decide(item, { trainable: false, verified: false, confidence: 0 }, "wrong"),
    label: (place: number) => {
      if (!plain || place >= given.length) return;
      decide(item, labelled(item.execution, given[place]), shown(given[place]));
    },
    correct: () => plain && setCorrecting(id),
    skip,
    undo,
  };
  const digits = Object.fromEntries(given.slice(0, 9).map((_, place) => [`${place + 1}`, () => verdicts.label(place)]));
  useKeys({
    ...digits,
    v: verdicts.right,
    x: verdicts.wrong,
    e: verdicts.correct,
    s: skip,
    u: undo,
    "mod+z": undo,
    j: () => move(1),
    k: () => move(-1),
    ArrowRight: () => move(1),
    ArrowLeft: () => move(-1),
  });

  if (error !== null && item === undefined) return <Failure error={error} again={more} />;
  return (
    <div className={styles.review}>
      <div className={styles.work}>
        {item === undefined ? (
          fetching ? (
            <div className={styles.card}>
              <p className={styles.wait}>Looking for what teaches most. In a large log this takes some seconds.</p>
              <Skeleton lines={7} />
            </div>
          ) : (
            <Done cell={cell} decided={sitting.decided.length} again={more} />
          )
        ) : (
          <ItemCard
            key={id}
            item={item}
            offered={given}
            refused={sitting.refused[item.execution.trace_id]}
            correcting={correcting === id}
            onCorrect={async (value) => {
              await correct(item, value, `corrected to ${shown(value)}`);
              setCorrecting(null);
            }}
            onCorrecting={(on) => setCorrecting(on ? id : null)}
            onChoose={(one: Item, trace_id) => choose(one, trace_id, "chosen")}
            onSwipe={(way) => (way === "right" ? verdicts.right() : verdicts.wrong())}
          />
        )}
        {item !== undefined && correcting !== id && (
          <Actions item={item} labels={given} verdicts={verdicts} canUndo={sitting.decided.length > 0} />
        )}
      </div>
      <Side sitting={sitting} error={error} onAgain={more} />
    </div>
  );
}

function Done({ cell, decided, again }: { cell: Cell | null; decided: number; again: () => void }) {
  return (
    <Empty
      icon={<CircleCheckBig aria-hidden />}
      title={decided > 0 ? "Nothing is left to review here" : "There is nothing to review here"}
      actions={
        <>
          <Button look="primary" onClick={again}>
            Look again
          </Button>
          <Link to="/review">Another cell</Link>
        </>
      }
    >
      {decided > 0 ? (
        <>
          Every question of {cell === null ? "this log" : `${cell.cascade_id}.${cell.cell_name}`} was looked at. See
          what it brought: <Link to="/sets">evaluate the set</Link>.
        </>
      ) : (
        <>
          Run a query with a semantic operator on the <Link to="/sql">SQL page</Link>, or{" "}
          <Link to="/import">import a log</Link>; what it asks comes here.
        </>
      )}
    </Empty>
  );
}

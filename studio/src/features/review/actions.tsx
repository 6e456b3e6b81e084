/** The verdicts, each a button and a key. */
import { Check, CornerUpLeft, Pencil, SkipForward, X } from "lucide-react";

import { holds } from "@/shared/lib/labels";
import { shown } from "@/shared/lib/format";
import { Button } from "@/shared/ui/button";

import styles from "./actions.module.css";
import type { Item } from "./api";

interface Verdicts {
  right: () => void;
  wrong: () => void;
  label: (place: number) => void;
  correct: () => void;
  skip: () => void;
  undo: () => void;
}

interface ActionsProps {
  item: Item;
  labels: readonly unknown[];
  verdicts: Verdicts;
  canUndo: boolean;
}

export function Actions({ item, labels, verdicts, canUndo }: ActionsProps) {
  const plain = item.kind !== "contradiction";
  const now = shown(holds(item.execution));
  return (
    <div className={styles.actions} role="group" aria-label="Verdict">
      {labels.length > 0 && (
        <div className={styles.labels} role="group" aria-label="The right answer">
          {labels.map((label, place) => (
            <Button
              key={shown(label)}
              className={shown(label) === now ? styles.now : ""}
              title={shown(label) === now ? "as it was answered" : undefined}
              shortcut={place < 9 ? `${place + 1}` : undefined}
              onClick={() => verdicts.label(place)}
            >
              {shown(label)}
            </Button>
          ))}
        </div>
      )}
      <div className={styles.verdicts}>
        {plain && (
          <Button look="primary" icon={<Check />} shortcut="v" onClick={verdicts.right} className={styles.main}>
            Right
          </Button>
        )}
        {plain && (
          <Button
            icon={<X />}
            shortcut="x"
            onClick={verdicts.wrong}
            className={styles.main}
            title="wrong: out of the training set, with confidence 0"
          >
            Wrong
          </Button>
        )}
        {plain && (
          <Button icon={<Pencil />} shortcut="e" onClick={verdicts.correct}>
            Correct
          </Button>
        )}
        <Button icon={<SkipForward />} shortcut="s" onClick={verdicts.skip}>
          Skip
        </Button>
        <Button look="quiet" icon={<CornerUpLeft />} shortcut="u" onClick={verdicts.undo} disabled={!canUndo}>
          Undo
        </Button>
      </div>
    </div>
  );
}

/** What is selected, and what can be done with all of it at once. */
import { Check, Gauge, GraduationCap, Undo2, X } from "lucide-react";

import { undo } from "@/shared/api/decisions";
import { count } from "@/shared/lib/format";
import { Button, IconButton } from "@/shared/ui/button";

import { type Bulk, type Selected, size } from "./bulk";
import styles from "./selection.module.css";
import { Tagging } from "./tagging";

interface BarProps {
  selected: Selected;
  total: number;
  tags: readonly string[];
  bulk: Bulk;
  onEverything: () => void;
  onClear: () => void;
}

export function SelectionBar({ selected, total, tags, bulk, onEverything, onClear }: BarProps) {
  const chosen = size(selected);
  const { mark, score, busy } = bulk;
  return (
    <div className={styles.bar} role="toolbar" aria-label="Selected executions" aria-busy={busy}>
      <strong>{count(chosen)} selected</strong>
      {"rows" in selected && total > chosen && (
        <Button look="quiet" shortcut="Ctrl A" onClick={onEverything}>
          Select all {count(total)} matching
        </Button>
      )}
      {!("rows" in selected) && <span>everything that the filter finds</span>}
      <span className={styles.gap} />
      <Button
        icon={<GraduationCap />}
        disabled={busy}
        shortcut="t"
        onClick={() => mark({ trainable: true }, "made trainable")}
      >
        Trainable
      </Button>
      <Button disabled={busy} onClick={() => mark({ trainable: false }, "made not trainable")}>
        Not trainable
      </Button>
      <Button icon={<Check />} disabled={busy} shortcut="v" onClick={() => mark({ verified: true }, "verified")}>
        Verify
      </Button>
      <Button disabled={busy} onClick={() => mark({ verified: false }, "made not verified")}>
        Not verified
      </Button>
      <Tagging selected={selected} known={tags} onTag={mark} />
      <Button icon={<Gauge />} disabled={busy} onClick={() => void score()}>
        Score
      </Button>
      <IconButton label="Undo" shortcut="Ctrl+Z" onClick={() => void undo()}>
        <Undo2 />
      </IconButton>
      <IconButton label="Select none" shortcut="Esc" onClick={onClear}>
        <X />
      </IconButton>
    </div>
  );
}

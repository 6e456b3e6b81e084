/** Every key, to be looked up. */
import { Dialog } from "@/shared/ui/dialog";

import styles from "./keys-sheet.module.css";

const KEYS: readonly [string, string][] = [
  ["j  k", "next, previous execution"],
  ["Enter", "open or close the panel"],
  ["Esc", "close the panel, select none"],
  ["t", "trainable or not"],
  ["v", "right: verified or not"],
  ["x", "wrong: no example, confidence 0"],
  ["1 – 9", "this label is right: corrected, verified, trainable"],
  ["e", "correct the answer"],
  ["Shift  t v x 1 – 9", "the same, and on to the next: one key a row"],
  ["Space", "select"],
  ["Shift  j k", "select while moving"],
  ["Ctrl A", "select all that the filter finds; t, v and x then decide on all"],
  ["/", "search"],
  ["Ctrl Z", "undo"],
  ["?", "this sheet"],
];

export function KeysSheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Keys" about="They wait while you type in a field.">
      <dl className={styles.keys}>
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

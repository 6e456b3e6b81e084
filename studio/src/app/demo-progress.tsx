/** How far the demo's data is, in a corner of whatever page is shown. */
import { Square } from "lucide-react";

import { loading, stopDemo } from "@/shared/api/demo";
import { count } from "@/shared/lib/format";
import { useStore } from "@/shared/lib/store";
import { Button } from "@/shared/ui/button";

import styles from "./demo-progress.module.css";

export function DemoProgress() {
  const now = useStore(loading);
  if (now === null) return null;
  const { name, number, steps, done, total } = now;
  const part = total > 0 ? done / total : 0;
  return (
    <aside className={styles.progress} aria-label="The demo's data">
      <p aria-live="polite">
        <b>
          {number} of {steps}
        </b>{" "}
        {name}
      </p>
      <progress max={steps} value={Math.max(0, number - 1) + part} aria-label="The demo is loaded" />
      <span className={styles.end}>
        <small>{total > 0 ? `${count(done)} of ${count(total)} answered` : "on this machine, no key needed"}</small>
        <Button icon={<Square />} onClick={stopDemo}>
          Stop
        </Button>
      </span>
    </aside>
  );
}

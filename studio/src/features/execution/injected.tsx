/** The examples that this answer was given, each a link. */
import { Link } from "@tanstack/react-router";

import type { Whole } from "@/shared/api/client";
import { shown } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Confidence } from "@/shared/ui/confidence";
import { Empty } from "@/shared/ui/states";

import styles from "./injected.module.css";

export function Injected({ whole }: { whole: Whole }) {
  const known = new Map(whole.examples.map((example) => [example.trace_id, example]));
  if (whole.example_ids.length === 0) {
    return (
      <Empty title="It was given no examples">
        Mark good executions of this cell as trainable, and let the cell say <code>use_training: true</code>.
      </Empty>
    );
  }
  return (
    <ol className={styles.list}>
      {whole.example_ids.map((id) => {
        const example = known.get(id);
        return (
          <li key={id}>
            <Link
              to="/training"
              search={(before: Record<string, unknown>) => ({ ...before, open: id })}
              className={styles.example}
            >
              <span className={styles.input}>{example?.user_input ?? `${id} (deleted since)`}</span>
              <span className={styles.answer}>→ {shown(example?.corrected_output ?? example?.assistant_output)}</span>
              {example !== undefined && (
                <span className={styles.about}>
                  <Confidence value={example.confidence} />
                  {example.verified && <Badge tone="high">verified</Badge>}
                  {example.corrected_output !== null && <Badge tone="accent">corrected</Badge>}
                </span>
              )}
            </Link>
          </li>
        );
      })}
    </ol>
  );
}

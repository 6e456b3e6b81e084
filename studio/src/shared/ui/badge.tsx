/** A short word about a thing. */
import type { ReactNode } from "react";

import styles from "./badge.module.css";

type Tone = "plain" | "accent" | "high" | "medium" | "low" | "info";

export function Badge({ tone = "plain", title, children }: { tone?: Tone; title?: string; children: ReactNode }) {
  return (
    <span className={`${styles.badge} ${styles[tone]}`} title={title}>
      {children}
    </span>
  );
}

/** A titled part of the panel. */
import type { ReactNode } from "react";

import styles from "./part.module.css";

export function Part({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <section className={styles.part}>
      <header>
        <h3>{title}</h3>
        {actions}
      </header>
      {children}
    </section>
  );
}

/** Text as it is, with its line breaks. */
export function Text({ children, quiet = false }: { children: string; quiet?: boolean }) {
  return <div className={`${styles.text} ${quiet ? styles.quiet : ""}`}>{children}</div>;
}

/** What stands where nothing, something wrong, or something not yet there is. */
import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";

import { told } from "@/shared/api/error";

import { Button } from "./button";
import styles from "./states.module.css";

interface EmptyProps {
  icon?: ReactNode;
  title: string;
  /** What to do next. */
  children?: ReactNode;
  actions?: ReactNode;
}

export function Empty({ icon, title, children, actions }: EmptyProps) {
  return (
    <section className={styles.state}>
      {icon}
      <h2>{title}</h2>
      <div className={styles.about}>{children}</div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </section>
  );
}

/** An error where the content would be: what, and how to mend it. */
export function Failure({ error, again }: { error: unknown; again?: () => void }) {
  const { message, hint } = told(error);
  return (
    <section className={`${styles.state} ${styles.failed}`} role="alert">
      <CircleAlert aria-hidden />
      <h2>{message}</h2>
      {hint !== null && <p className={styles.about}>{hint}</p>}
      {again !== undefined && (
        <div className={styles.actions}>
          <Button onClick={again}>Try again</Button>
        </div>
      )}
    </section>
  );
}

/** In the shape of what comes. */
export function Skeleton({ lines = 3 }: { lines?: number }) {
  return (
    <div className={styles.skeleton} role="status" aria-busy="true" aria-label="loading">
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} />
      ))}
    </div>
  );
}

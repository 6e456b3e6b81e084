/** One number that matters, with its name. */
import type { ReactNode } from "react";

import styles from "./figure.module.css";

interface FigureProps {
  name: string;
  value: ReactNode;
  /** The exact value, where `value` is rounded. */
  exact?: string;
  about?: ReactNode;
  tone?: "high" | "medium" | "low" | "none";
  /** It is a filter too. */
  onClick?: () => void;
  on?: boolean;
}

export function Figures({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={styles.figures} role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

export function Figure({ name, value, exact, about, tone, onClick, on }: FigureProps) {
  const inner = (
    <>
      <span className={styles.name}>{name}</span>
      <span className={`${styles.value} ${tone === undefined ? "" : styles[tone]}`} title={exact}>
        {value}
      </span>
      {about !== undefined && <span className={styles.about}>{about}</span>}
    </>
  );
  if (onClick === undefined) return <div className={styles.figure}>{inner}</div>;
  return (
    <button
      type="button"
      className={`${styles.figure} ${on === true ? styles.on : ""}`}
      aria-pressed={on}
      onClick={onClick}
    >
      {inner}
    </button>
  );
}

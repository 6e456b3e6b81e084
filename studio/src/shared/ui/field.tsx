/** Text, a choice or a switch, with its name. */
import type { ComponentProps, ReactNode } from "react";

import styles from "./field.module.css";

export function Field({
  label,
  hint,
  error,
  children,
}: {
  label: string;
  hint?: ReactNode;
  error?: string | null;
  children: ReactNode;
}) {
  return (
    <label className={styles.field}>
      <span className={styles.label}>{label}</span>
      {children}
      {error !== undefined && error !== null ? (
        <span className={styles.error}>{error}</span>
      ) : (
        hint !== undefined && <span className={styles.hint}>{hint}</span>
      )}
    </label>
  );
}

export function Input({ className = "", ...more }: ComponentProps<"input">) {
  return <input className={`${styles.input} ${className}`} {...more} />;
}

export function Area({ className = "", ...more }: ComponentProps<"textarea">) {
  return <textarea className={`${styles.input} ${styles.area} ${className}`} {...more} />;
}

export function Choose({ className = "", ...more }: ComponentProps<"select">) {
  return <select className={`${styles.input} ${className}`} {...more} />;
}

interface SwitchProps {
  label: string;
  on: boolean;
  /** Shown beside it; otherwise it is only read out. */
  named?: boolean;
  disabled?: boolean;
  onChange: (on: boolean) => void;
}

export function Switch({ label, on, named = false, disabled = false, onChange }: SwitchProps) {
  return (
    <label className={styles.switch}>
      <input
        type="checkbox"
        role="switch"
        checked={on}
        disabled={disabled}
        aria-label={named ? undefined : label}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span aria-hidden className={styles.track} />
      {named && <span>{label}</span>}
    </label>
  );
}

/** Buttons: what one can do. An icon alone always has a name. */
import type { ComponentProps, ReactNode } from "react";

import styles from "./button.module.css";
import { Hint } from "./hint";

type Look = "plain" | "primary" | "quiet" | "danger";

interface ButtonProps extends ComponentProps<"button"> {
  look?: Look;
  icon?: ReactNode;
  /** The key that does the same. */
  shortcut?: string;
}

export function Button({ look = "plain", icon, shortcut, children, className = "", ...more }: ButtonProps) {
  return (
    <button type="button" className={`${styles.button} ${styles[look]} ${className}`} {...more}>
      {icon}
      {children !== undefined && <span>{children}</span>}
      {shortcut !== undefined && <kbd aria-hidden>{shortcut}</kbd>}
    </button>
  );
}

interface IconButtonProps extends ComponentProps<"button"> {
  label: string;
  look?: Look;
  shortcut?: string;
  /** Pressed or not, for what can be switched. */
  on?: boolean;
}

export function IconButton({ label, look = "quiet", shortcut, on, className = "", ...more }: IconButtonProps) {
  return (
    <Hint text={shortcut === undefined ? label : `${label} (${shortcut})`}>
      <button
        type="button"
        aria-label={label}
        aria-pressed={on}
        className={`${styles.button} ${styles.icon} ${styles[look]} ${on === true ? styles.on : ""} ${className}`}
        {...more}
      />
    </Hint>
  );
}

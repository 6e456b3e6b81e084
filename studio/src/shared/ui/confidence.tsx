/** A confidence as colour, shape and number, so that none of them is needed alone. */
import { Check, Minus, TriangleAlert, X } from "lucide-react";

import { level, words } from "@/shared/lib/confidence";

import styles from "./confidence.module.css";

const ICONS = { high: Check, medium: TriangleAlert, low: X, none: Minus };

export function Confidence({ value, calibrated }: { value: number | null; calibrated?: boolean | null }) {
  const how = level(value);
  const Icon = ICONS[how];
  return (
    <span className={`${styles.chip} ${styles[how]}`} title={words(value, calibrated)}>
      <Icon aria-hidden />
      {value === null ? "unscored" : value.toFixed(2)}
      {calibrated === true && <span role="img" className={styles.calibrated} aria-label="calibrated" />}
    </span>
  );
}

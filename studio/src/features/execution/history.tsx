/** Every decision that people made on it, the newest first. None is ever changed. */
import type { Schemas } from "@/shared/api/client";
import { ago, moment, shown } from "@/shared/lib/format";
import { Empty } from "@/shared/ui/states";

import styles from "./scores.module.css";

type Decision = Schemas["Decision"];

export function History({ decisions }: { decisions: readonly Decision[] }) {
  if (decisions.length === 0) return <Empty title="Nobody has decided on it yet" />;
  return (
    <ol className={styles.list}>
      {[...decisions].reverse().map((decision, place) => (
        <li key={`${decision.batch} ${place}`}>
          <header>
            <strong>{decision.author}</strong>
            <span className={styles.when} title={moment(decision.timestamp)}>
              {ago(decision.timestamp)}
            </span>
          </header>
          <p>{decision.fields.map((field) => said(decision, field)).join(" · ")}</p>
          {decision.reason !== null && <p>“{decision.reason}”</p>}
        </li>
      ))}
    </ol>
  );
}

export function said(decision: Decision, field: string): string {
  const value = decision[field as keyof Decision];
  const name = field === "corrected_output" ? "corrected to" : field;
  if (value === null) return field === "corrected_output" ? "correction taken back" : `no ${name}`;
  if (typeof value === "boolean") return value ? name : `not ${name}`;
  return `${name}: ${Array.isArray(value) ? (value.length === 0 ? "none" : value.join(", ")) : shown(value)}`;
}

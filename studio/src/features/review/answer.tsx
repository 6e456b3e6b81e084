/** What was asked, by argument, and what was answered. */
import type { Example } from "@/shared/api/client";
import { holds } from "@/shared/lib/labels";
import { shown } from "@/shared/lib/format";

import styles from "./answer.module.css";

const SHORT = 60;

/** A list that is `offered` as buttons anyway is not shown again. */
export function Arguments({ inputs, offered = [] }: { inputs: Record<string, unknown>; offered?: readonly unknown[] }) {
  const all = Object.entries(inputs).filter(([, value]) => offered.length === 0 || shown(value) !== shown(offered));
  return (
    <dl className={styles.arguments}>
      {all.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className={typeof value === "string" && value.length > SHORT ? styles.text : styles.short}>
            <Value value={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Value({ value }: { value: unknown }) {
  if (Array.isArray(value) && value.every((one) => typeof one !== "object")) {
    return (
      <span className={styles.list}>
        {value.map((one, place) => (
          <span key={place}>{shown(one)}</span>
        ))}
      </span>
    );
  }
  if (value === "") return <span className={styles.nothing}>empty</span>;
  if (value === null || value === undefined) return <span className={styles.nothing}>null</span>;
  return typeof value === "string" ? value : <code>{shown(value, 2)}</code>;
}

export function Answer({ execution }: { execution: Pick<Example, "answer" | "corrected_output"> }) {
  const corrected = execution.corrected_output !== null;
  const text = shown(holds(execution), 2);
  return (
    <section className={styles.answer} aria-label="Answer">
      <h2>{corrected ? "Corrected answer" : "Answer"}</h2>
      {text === "" ? (
        <p className={styles.nothing}>an empty text</p>
      ) : (
        <p className={text.length > SHORT || text.includes("\n") ? styles.text : styles.large}>{text}</p>
      )}
      {corrected && <p className={styles.before}>{shown(execution.answer, 2)}</p>}
    </section>
  );
}

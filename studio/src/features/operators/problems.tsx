/** Everything that is wrong with a text; a click goes there. */
import type { Validated } from "./api";
import styles from "./operators.module.css";

interface ProblemsProps {
  problems: Validated["problems"];
  onPlace: (place: { line: number; column: number }) => void;
}

export function Problems({ problems, onPlace }: ProblemsProps) {
  return (
    <ol className={styles.wrong} aria-label="Problems" aria-live="polite">
      {problems.map((one) => (
        <li key={`${one.line} ${one.key} ${one.message}`}>
          <button type="button" onClick={() => onPlace({ line: one.line, column: one.column })}>
            <code>
              {one.line}:{one.column}
            </code>
            <span>
              <b>{one.key}</b> {one.message}
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}

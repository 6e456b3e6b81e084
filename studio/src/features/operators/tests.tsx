/** The test cases in a file, and what came of them once they were run. */
import { Check, CircleDashed, FlaskConical, Minus, X } from "lucide-react";

import { count, plural, shown } from "@/shared/lib/format";
import { Button } from "@/shared/ui/button";
import { Card } from "@/shared/ui/page";

import type { Outcomes, Validated } from "./api";
import styles from "./operators.module.css";

interface TestsProps {
  cases: Validated["cases"];
  /** Of the text as it stood when they were run; null before. */
  outcomes: Outcomes | null;
  busy: boolean;
  ready: boolean;
  onRun: () => void;
}

export function Tests({ cases, outcomes, busy, ready, onRun }: TestsProps) {
  const told =
    outcomes === null
      ? cases.length === 0
        ? undefined
        : plural(cases.length, "case")
      : `${count(outcomes.passed)} passed, ${count(outcomes.failed)} failed`;
  return (
    <Card
      title="Test cases"
      about={told}
      actions={
        <Button icon={<FlaskConical />} disabled={!ready || cases.length === 0} onClick={onRun}>
          {busy ? "Testing…" : "Run test cases"}
        </Button>
      }
    >
      {cases.length === 0 && outcomes === null && (
        <p className={styles.hint}>
          {ready ? "The file has none: add test_cases to its sql_function." : "Known once the file is valid."}
        </p>
      )}
      <ul className={styles.tests} aria-live="polite">
        {outcomes === null
          ? cases.map((one, place) => (
              <li key={place}>
                <CircleDashed aria-label="not run" />
                <div>
                  <p>{one.case}</p>
                  <p className={styles.expected}>expects {expected(one.expected)}</p>
                </div>
              </li>
            ))
          : outcomes.outcomes.map((one, place) => (
              <li key={place} data-passed={String(one.passed)}>
                {one.passed === true ? (
                  <Check aria-label="passed" />
                ) : one.passed === false ? (
                  <X aria-label="failed" />
                ) : (
                  <Minus aria-label="cannot be told" />
                )}
                <div>
                  <p>{one.case}</p>
                  <p className={styles.expected}>
                    {one.passed === true
                      ? expected(one.expected)
                      : (one.error ?? `expected ${expected(one.expected)}, answered ${shown(one.actual)}`)}
                  </p>
                </div>
              </li>
            ))}
      </ul>
    </Card>
  );
}

const expected = (value: unknown): string => (value === null || value === undefined ? "NULL" : shown(value));

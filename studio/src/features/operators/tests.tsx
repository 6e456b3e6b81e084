/** What came of the test cases in a file. */
import { Check, Minus, X } from "lucide-react";

import { count, shown } from "@/shared/lib/format";
import { Card } from "@/shared/ui/page";

import type { Outcomes } from "./api";
import styles from "./operators.module.css";

export function Tests({ outcomes }: { outcomes: Outcomes }) {
  return (
    <Card title="Test cases" about={`${count(outcomes.passed)} passed, ${count(outcomes.failed)} failed`}>
      {outcomes.outcomes.length === 0 && (
        <p className={styles.hint}>The file has none: add test_cases to its sql_function.</p>
      )}
      <ul className={styles.tests}>
        {outcomes.outcomes.map((one, place) => (
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
              {one.passed !== true && (
                <p>{one.error ?? `expected ${shown(one.expected)}, answered ${shown(one.actual)}`}</p>
              )}
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}

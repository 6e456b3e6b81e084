/** What was answered, and what a person says should have been: corrected in place, checked by the cell's schema on the server. */
import { PenLine, RotateCcw } from "lucide-react";
import { lazy, Suspense, useState } from "react";

import type { Whole } from "@/shared/api/client";
import { decide, type Fields } from "@/shared/api/decisions";
import { told } from "@/shared/api/error";
import { shown } from "@/shared/lib/format";
import { labels } from "@/shared/lib/labels";
import { Button } from "@/shared/ui/button";
import { CopyButton } from "@/shared/ui/code";
import { Area } from "@/shared/ui/field";
import { say } from "@/shared/ui/toasts";

import styles from "./answer.module.css";
import { meant, written } from "./correction";
import { Part, Text } from "./part";

const Diff = lazy(() => import("@/shared/ui/diff"));

interface AnswerProps {
  whole: Whole;
  correcting: boolean;
  onCorrecting: (on: boolean) => void;
}

export function AnswerPart({ whole, correcting, onCorrecting }: AnswerProps) {
  const corrected = whole.corrected_output !== null;
  return (
    <Part
      title={corrected ? "Answer, corrected" : "Answer"}
      actions={
        <span className={styles.actions}>
          <CopyButton plain label="Copy answer" value={shown(whole.corrected_output ?? whole.answer, 2)} />
          {!correcting && (
            <Button look="quiet" icon={<PenLine />} shortcut="e" onClick={() => onCorrecting(true)}>
              Correct
            </Button>
          )}
        </span>
      }
    >
      {whole.error !== null && <p className={styles.error}>{whole.error}</p>}
      {correcting ? (
        <Correct whole={whole} onDone={() => onCorrecting(false)} />
      ) : corrected ? (
        <Suspense fallback={<Text>{shown(whole.corrected_output, 2)}</Text>}>
          <Diff
            label="What the correction changes"
            before={shown(whole.answer, 2)}
            after={shown(whole.corrected_output, 2)}
          />
        </Suspense>
      ) : (
        whole.error === null && <Text>{shown(whole.answer, 2)}</Text>
      )}
    </Part>
  );
}

function Correct({ whole, onDone }: { whole: Whole; onDone: () => void }) {
  const [text, setText] = useState(written(whole.corrected_output ?? whole.answer));
  const [problem, setProblem] = useState<string | null>(null);
  const [waiting, setWaiting] = useState(false);
  const offered = labels(whole);
  const before = written(whole.answer);
  const save = async (fields: Fields, what: string) => {
    setWaiting(true);
    try {
      await decide({ trace_ids: [whole.trace_id] }, fields, what);
      onDone();
    } catch (error) {
      const { message, hint } = told(error);
      setProblem(hint === null ? message : `${message}. ${hint}`);
    } finally {
      setWaiting(false);
    }
  };
  const submit = () => {
    const value = meant(text, whole.answer);
    if (value instanceof Error) setProblem(value.message);
    else if (value === null)
      say.note("Nothing to save", "an empty answer teaches nothing; mark it as not trainable instead");
    else void save({ corrected_output: value, verified: true, trainable: true }, "corrected");
  };
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {offered.length > 0 && (
        <p className={styles.labels} role="group" aria-label="Labels">
          {offered.map((label) => (
            <Button
              key={shown(label)}
              aria-pressed={written(label) === text}
              className={written(label) === text ? styles.now : ""}
              onClick={() => {
                setText(written(label));
                setProblem(null);
              }}
            >
              {shown(label)}
            </Button>
          ))}
        </p>
      )}
      <Area
        aria-label="The right answer"
        aria-invalid={problem !== null}
        aria-describedby="correction-problem"
        rows={Math.min(14, text.split("\n").length + 1)}
        value={text}
        ref={(area) => {
          if (area !== null && document.activeElement !== area && !waiting && problem === null) area.focus();
        }}
        onChange={(event) => {
          setText(event.target.value);
          setProblem(null);
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") onDone();
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
        }}
      />
      {text !== before && text.trim() !== "" && (
        <Suspense>
          <Diff label="What the correction changes" before={before} after={text} />
        </Suspense>
      )}
      <p id="correction-problem" className={styles.problem} role="alert">
        {problem}
      </p>
      <p className={styles.buttons}>
        {whole.corrected_output !== null && (
          <Button
            icon={<RotateCcw />}
            disabled={waiting}
            onClick={() => void save({ corrected_output: null }, "correction taken back")}
          >
            As the model answered
          </Button>
        )}
        <span className={styles.gap} />
        <Button onClick={onDone}>Cancel</Button>
        <Button look="primary" type="submit" disabled={waiting} shortcut="Ctrl ⏎">
          Save
        </Button>
      </p>
    </form>
  );
}

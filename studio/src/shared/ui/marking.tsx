/** What one decides about one execution where one sees its answer: trainable, verified, the right answer. */
import { BadgeCheck, GraduationCap, Pencil } from "lucide-react";
import { useState } from "react";

import type { Example } from "@/shared/api/client";
import { decide, type Fields } from "@/shared/api/decisions";
import { shown } from "@/shared/lib/format";
import { holds, labelled, labels } from "@/shared/lib/labels";

import { Button, IconButton } from "./button";
import { Input } from "./field";
import styles from "./marking.module.css";
import { say } from "./toasts";

export type Marked = Pick<Example, "trace_id" | "answer" | "corrected_output" | "inputs" | "trainable" | "verified">;

/** The answer that holds; what it corrects stands before it, struck out. */
export function Answer({ example }: { example: Pick<Marked, "answer" | "corrected_output"> }) {
  const given = shown(example.answer);
  if (example.corrected_output === null)
    return (
      <span className={styles.answer} title={given}>
        {given === "" ? "(empty)" : given}
      </span>
    );
  const right = shown(example.corrected_output);
  return (
    <span className={styles.answer} title={`${right}, corrected from ${given}`}>
      <s>{given}</s> <strong>{right}</strong>
    </span>
  );
}

export function Marking({ example }: { example: Marked }) {
  const [waiting, setWaiting] = useState(false);
  const [open, setOpen] = useState(false);
  const mark = async (fields: Fields, what: string) => {
    setWaiting(true);
    try {
      await decide({ trace_ids: [example.trace_id] }, fields, what);
      setOpen(false);
    } catch (error) {
      say.failed("Nothing was changed", error);
    } finally {
      setWaiting(false);
    }
  };
  return (
    <>
      <span className={styles.marks} aria-busy={waiting}>
        <IconButton
          label="Trainable"
          on={example.trainable}
          disabled={waiting}
          onClick={() =>
            void mark(
              { trainable: !example.trainable },
              example.trainable ? "Not trainable any more" : "Made trainable",
            )
          }
        >
          <GraduationCap />
        </IconButton>
        <IconButton
          label="Verified"
          on={example.verified}
          disabled={waiting}
          onClick={() =>
            void mark({ verified: !example.verified }, example.verified ? "Not verified any more" : "Verified")
          }
        >
          <BadgeCheck />
        </IconButton>
        <IconButton label="Correct the answer" on={open} aria-expanded={open} onClick={() => setOpen(!open)}>
          <Pencil />
        </IconButton>
      </span>
      {open && (
        <Correcting
          example={example}
          disabled={waiting}
          onCancel={() => setOpen(false)}
          onCorrect={(right) =>
            void mark(labelled(example, right), `The answer is ${shown(right)}: verified and trainable`)
          }
        />
      )}
    </>
  );
}

interface CorrectingProps {
  example: Marked;
  disabled: boolean;
  onCancel: () => void;
  onCorrect: (value: unknown) => void;
}

function Correcting({ example, disabled, onCancel, onCorrect }: CorrectingProps) {
  const now = holds(example);
  const known = labels(example);
  const [text, setText] = useState(shown(now));
  const given = read(text, example.answer);
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (given.ok) onCorrect(given.value);
      }}
    >
      {known.length > 0 ? (
        <span className={styles.choices} role="group" aria-label="The right answer">
          {known.map((label) => (
            <Button
              key={shown(label)}
              look={shown(label) === shown(now) ? "primary" : "plain"}
              disabled={disabled}
              onClick={() => onCorrect(label)}
            >
              {shown(label)}
            </Button>
          ))}
        </span>
      ) : (
        <>
          <Input
            aria-label="The right answer"
            value={text}
            // eslint-disable-next-line jsx-a11y/no-autofocus -- it was asked for by the button before it
            autoFocus
            disabled={disabled}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => event.key === "Escape" && onCancel()}
          />
          <Button
            type="submit"
            look="primary"
            disabled={disabled || !given.ok || (text === shown(now) && example.verified)}
          >
            Save
          </Button>
        </>
      )}
      <Button look="quiet" disabled={disabled} onClick={onCancel}>
        Cancel
      </Button>
      <p className={styles.note}>
        {given.ok ? "The right answer is verified and trainable too; undo takes back all of it." : given.why}
      </p>
    </form>
  );
}

type Read = { ok: true; value: unknown } | { ok: false; why: string };

/** What was typed as a value of the same kind as the answer. */
function read(text: string, like: unknown): Read {
  if (typeof like === "string" || like === null) return { ok: true, value: text };
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return { ok: false, why: `The answer is ${typeof like === "number" ? "a number" : "JSON"}: write it so.` };
  }
}

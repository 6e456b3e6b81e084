/** The right answer, typed. The server says whether it fits the cell; until then nothing has changed. */
import { useState } from "react";

import type { Example } from "@/shared/api/client";
import { told } from "@/shared/api/error";
import { holds } from "@/shared/lib/labels";
import { shown } from "@/shared/lib/format";
import { Button } from "@/shared/ui/button";
import { Area } from "@/shared/ui/field";

import { typed } from "./typed";
import styles from "./review.module.css";

interface CorrectProps {
  execution: Pick<Example, "answer" | "corrected_output">;
  onSave: (value: unknown) => Promise<void>;
  onCancel: () => void;
}

export function Correct({ execution, onSave, onCancel }: CorrectProps) {
  const before = holds(execution);
  const [text, setText] = useState(shown(before, 2));
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      await onSave(typed(text, before));
    } catch (reason) {
      setError(reason);
      setBusy(false);
    }
  };
  const wrong = error === null ? null : told(error);
  return (
    <form
      className={styles.correct}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label htmlFor="correction">The right answer</label>
      <Area
        id="correction"
        // eslint-disable-next-line jsx-a11y/no-autofocus -- opened by a key, to be typed into
        autoFocus
        rows={Math.min(12, Math.max(2, text.split("\n").length + 1))}
        value={text}
        aria-invalid={wrong !== null}
        aria-describedby={wrong === null ? undefined : "correction-wrong"}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onCancel();
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void save();
        }}
      />
      {wrong !== null && (
        <p id="correction-wrong" role="alert">
          {wrong.message}
          {wrong.hint !== null && `. ${wrong.hint}`}
        </p>
      )}
      <div>
        <Button look="primary" type="submit" disabled={busy} shortcut="Ctrl ⏎">
          {busy ? "Saving…" : "Save as verified"}
        </Button>
        <Button onClick={onCancel} shortcut="Esc">
          Cancel
        </Button>
      </div>
    </form>
  );
}

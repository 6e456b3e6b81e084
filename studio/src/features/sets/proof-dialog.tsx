/** How much an evaluation or a race may ask, before it does. */
import { useState } from "react";

import { count } from "@/shared/lib/format";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Field, Input } from "@/shared/ui/field";

import type { Version } from "./api";
import { brief } from "./group";
import { type Kind, prove } from "./proving";
import { calls, DEFAULTS, read, STRATEGIES } from "./rules";
import styles from "./sets.module.css";

const WORDS = {
  evaluate: {
    title: "Evaluate",
    about:
      "Verified questions are asked again: without examples, with the set in use and with this version. None is asked with an example that answers it.",
  },
  race: {
    title: "Race strategies on",
    about:
      "Verified questions are asked with each way of choosing examples from this version and with each number of them. It says which is best, with intervals that hold together.",
  },
} as const;

interface AskProps {
  kind: Kind;
  version: Version;
  onClose: () => void;
  /** A newer version may come up while it runs: this one stays the one that is looked at. */
  onStart: () => void;
}

export function Ask({ kind, version, onClose, onStart }: AskProps) {
  const [typed, setTyped] = useState(DEFAULTS);
  const rules = read(kind, typed);
  const wrong = typeof rules === "string" ? rules : null;
  return (
    <Dialog open onClose={onClose} title={`${WORDS[kind].title} ${brief(version.version)}`} about={WORDS[kind].about}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (typeof rules === "string") return;
          onClose();
          onStart();
          void prove(kind, version, rules);
        }}
      >
        <Field label="Questions at most" hint="the newest verified ones">
          <Input
            inputMode="numeric"
            value={typed.rows}
            onChange={(event) => setTyped({ ...typed, rows: event.target.value })}
          />
        </Field>
        {kind === "race" && (
          <>
            <fieldset className={styles.choices}>
              <legend>Strategies</legend>
              {STRATEGIES.map((one) => (
                <label key={one}>
                  <input
                    type="checkbox"
                    checked={typed.strategies.includes(one)}
                    onChange={({ target }) => {
                      const others = typed.strategies.filter((other) => other !== one);
                      setTyped({ ...typed, strategies: target.checked ? [...others, one] : others });
                    }}
                  />
                  {one}
                </label>
              ))}
            </fieldset>
            <Field label="Numbers of examples">
              <Input value={typed.limits} onChange={(event) => setTyped({ ...typed, limits: event.target.value })} />
            </Field>
            <Field label="Budget, USD" hint="where it ends the race, what everyone was asked until then counts">
              <Input
                inputMode="decimal"
                placeholder="none"
                value={typed.budget}
                onChange={(event) => setTyped({ ...typed, budget: event.target.value })}
              />
            </Field>
          </>
        )}
        <p className={wrong === null ? styles.note : styles.wrong} role="status">
          {typeof rules === "string"
            ? `${rules.slice(0, 1).toUpperCase()}${rules.slice(1)}`
            : `At most ${count(calls(kind, rules))} answers of the cell's model; those that are known cost nothing.`}
        </p>
        <p className={styles.end}>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={wrong !== null}>
            {kind === "evaluate" ? "Start the evaluation" : "Start the race"}
          </Button>
        </p>
      </form>
    </Dialog>
  );
}

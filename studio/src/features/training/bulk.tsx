/** What is selected, decided on at once. A page of rows one has seen; everything a filter finds is asked for first, with its number. */
import { type ReactNode, useState } from "react";

import { answer, api, type Example, type Schemas } from "@/shared/api/client";
import { decide, type Fields, undo, type Which } from "@/shared/api/decisions";
import { count, plural, usd } from "@/shared/lib/format";
import { Confirm } from "@/shared/ui/dialog";
import { say } from "@/shared/ui/toasts";

import type { Filter } from "./filter";

/** Rows, or everything that a filter found. */
export type Selected = { rows: readonly Example[] } | { filter: Filter; total: number };

export const NONE: Selected = { rows: [] };

export const size = (selected: Selected): number => ("rows" in selected ? selected.rows.length : selected.total);

const which = (selected: Selected): Which =>
  "rows" in selected ? { trace_ids: selected.rows.map((row) => row.trace_id) } : { filter: selected.filter };

export interface Bulk {
  /** `what` completes “3 executions …”. */
  mark: (fields: Fields, what: string) => void;
  score: () => Promise<void>;
  /** The server has not answered yet. */
  busy: boolean;
  question: ReactNode;
}

export function useBulk(selected: Selected, onDone: () => void): Bulk {
  const [asked, setAsked] = useState<{ fields: Fields; what: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const chosen = size(selected);

  const act = async (fields: Fields, what: string) => {
    setBusy(true);
    try {
      const updated = await decide(which(selected), fields, `${plural(chosen, "execution")} ${what}`, true);
      say.done(`${plural(updated, "execution")} ${what}`, { label: "Undo", act: () => void undo().then(onDone) });
      onDone();
    } catch (error) {
      say.failed("Nothing was changed", error);
    } finally {
      setBusy(false);
    }
  };
  const score = async () => {
    setBusy(true);
    try {
      const { queued, estimated_cost } = await answer(
        api.POST("/api/training/assess-confidence", { body: { ...which(selected), force: true } as Schemas["Assess"] }),
      );
      say.done(`${plural(queued, "execution")} will be scored, about ${usd(estimated_cost)}`);
    } catch (error) {
      say.failed("Not queued", error);
    } finally {
      setBusy(false);
    }
  };
  return {
    mark: (fields, what) => {
      if (busy || chosen === 0) return;
      if ("rows" in selected) void act(fields, what);
      else setAsked({ fields, what });
    },
    score,
    busy,
    question: (
      <Confirm
        open={asked !== null}
        onClose={() => setAsked(null)}
        title={`${plural(chosen, "execution")} ${asked?.what ?? ""}?`}
        about="Everything that the filter finds, seen or not. It is one decision, and can be undone as one."
        act={`Yes, all ${count(chosen)}`}
        onAct={() => asked !== null && void act(asked.fields, asked.what)}
      />
    ),
  };
}

/** Several at once become the same: on, unless all of them are. */
export function together(selected: Selected, field: "trainable" | "verified"): [Fields, string] {
  const on = !("rows" in selected) || !selected.rows.every((row) => row[field]);
  const what = field === "trainable" ? "made trainable" : "verified";
  return [{ [field]: on }, on ? what : field === "trainable" ? "made not trainable" : "made not verified"];
}

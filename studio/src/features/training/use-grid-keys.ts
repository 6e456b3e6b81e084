/** The keys of the grid: where one is, and what a key decides there. The row that is open is where one is, else the one in focus. */
import type { GridApi } from "ag-grid-community";
import { type RefObject, useEffect } from "react";

import type { Example } from "@/shared/api/client";
import { type Fields, undo } from "@/shared/api/decisions";
import { useKeys } from "@/shared/lib/keys";
import { say } from "@/shared/ui/toasts";

import { type Bulk, type Selected, size, together } from "./bulk";
import { labelled, mark, toggled, wrong } from "./marking";

/** How often, and after how many milliseconds, a row that is still being fetched is looked for. */
const TRIES = 40;
const WAIT = 50;

interface KeysOf {
  grid: GridApi<Example> | null;
  total: number | null;
  open: string | null;
  selected: Selected;
  bulk: Bulk;
  moverRef: RefObject<(by: number) => void>;
  onOpen: (trace_id: string | null) => void;
  onCorrect: (trace_id: string) => void;
  onEverything: () => void;
  onClear: () => void;
  onSheet: () => void;
}

type Made = (example: Example) => [Fields, string] | null;

export function useGridKeys(given: KeysOf): void {
  const { grid, total, open, selected, bulk, moverRef, onOpen, onCorrect } = given;

  /** Where one is; the first row in sight before one went anywhere. */
  const at = (): number | null => {
    if (grid === null || total === null || total === 0) return null;
    const here = open === null ? undefined : grid.getRowNode(open)?.rowIndex;
    return here ?? grid.getFocusedCell()?.rowIndex ?? null;
  };
  /** Of what is open but not in this list nothing is decided by keys: they would reach another row than the one in sight. */
  const example = (): Example | undefined =>
    open === null ? grid?.getDisplayedRowAtIndex(at() ?? first())?.data : grid?.getRowNode(open)?.data;
  const first = () => Math.max(0, grid?.getFirstDisplayedRowIndex() ?? 0);

  const go = (row: number) => {
    if (grid === null || total === null || total === 0) return;
    const next = Math.min(total - 1, Math.max(0, row));
    grid.ensureIndexVisible(next);
    const columns = grid.getAllDisplayedColumns();
    grid.setFocusedCell(
      next,
      columns.find((column) => column.getColId() === "user_input") ?? columns[0] ?? "user_input",
    );
    if (open !== null) follow(next);
  };
  /** Open a row, as soon as it is there and if nobody went on meanwhile. */
  const follow = (row: number, tries = TRIES) => {
    if (grid === null || grid.isDestroyed() || grid.getFocusedCell()?.rowIndex !== row) return;
    const { trace_id } = grid.getDisplayedRowAtIndex(row)?.data ?? {};
    if (trace_id !== undefined) onOpen(trace_id);
    else if (tries > 0) setTimeout(() => follow(row, tries - 1), WAIT);
  };
  const move = (by: number) => {
    const here = at();
    go(here === null ? first() : here + by);
  };
  useEffect(() => {
    moverRef.current = move;
  });
  /** Select where one is and where one goes. */
  const extend = (by: number) => {
    const here = at() ?? first();
    grid?.getDisplayedRowAtIndex(here)?.setSelected(true);
    go(here + by);
    grid?.getDisplayedRowAtIndex(Math.max(0, here + by))?.setSelected(true);
  };

  const decide = (made: Made, all: () => [Fields, string] | null, on: boolean) => {
    if (size(selected) > 0) {
      const what = all();
      if (what !== null) bulk.mark(...what);
      return;
    }
    const here = at() ?? first();
    const one = example();
    const what = one && made(one);
    if (open !== null && one === undefined)
      say.note("Not in this list", "what is open is not among the rows; decide in the panel");
    if (grid === null || one === undefined || what === null || what === undefined) return;
    void mark(grid, one, ...what);
    if (on) go(here + 1);
    else if (at() === null) go(here);
  };
  const verdicts: Record<string, [Made, () => [Fields, string] | null]> = {
    t: [(one) => toggled(one, "trainable"), () => together(selected, "trainable")],
    v: [(one) => toggled(one, "verified"), () => together(selected, "verified")],
    x: [() => wrong, () => [wrong[0], "marked as wrong"]],
    ...Object.fromEntries(
      Array.from({ length: 9 }, (_, place) => [
        `${place + 1}`,
        [(one: Example) => labelled(one, place + 1), () => null] as [Made, () => null],
      ]),
    ),
  };
  const acts = Object.entries(verdicts).flatMap(([key, [made, all]]) => [
    [key, () => decide(made, all, false)],
    [`shift+${key}`, () => decide(made, all, true)],
  ]);

  useKeys({
    ...(Object.fromEntries(acts) as Record<string, () => void>),
    j: () => move(1),
    k: () => move(-1),
    "shift+j": () => extend(1),
    "shift+k": () => extend(-1),
    space: () => {
      const node = grid?.getDisplayedRowAtIndex(at() ?? first());
      node?.setSelected(!node.isSelected());
      if (at() === null) go(first());
    },
    e: () => {
      const id = open ?? example()?.trace_id;
      if (id !== undefined) onCorrect(id);
    },
    Enter: () => {
      const one = example();
      if (open !== null) onOpen(null);
      else if (one !== undefined) onOpen(one.trace_id);
    },
    Escape: () => {
      if (open !== null) onOpen(null);
      else given.onClear();
    },
    "mod+a": given.onEverything,
    "/": () => document.getElementById("quick-search")?.focus(),
    "?": given.onSheet,
    "mod+z": () => void undo(),
  });
}

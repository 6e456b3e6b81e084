/** The keys of the grid: where one is, and what a key decides there. The row that is open is where one is, else the one in focus. */
import type { GridApi } from "ag-grid-community";
import { type RefObject, useEffect } from "react";

import type { Example } from "@/shared/api/client";
import { type Fields, undo } from "@/shared/api/decisions";
import { useKeys } from "@/shared/lib/keys";

import { type Bulk, type Selected, size, together } from "./bulk";
import { labelled, mark, toggled, wrong } from "./marking";

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
  const example = (): Example | undefined => grid?.getDisplayedRowAtIndex(at() ?? first())?.data;
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
    const { trace_id } = grid.getDisplayedRowAtIndex(next)?.data ?? {};
    if (open !== null && trace_id !== undefined) onOpen(trace_id);
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
      const one = example();
      if (one !== undefined) onCorrect(one.trace_id);
    },
    Enter: () => {
      const one = example();
      if (one !== undefined) onOpen(open === null ? one.trace_id : null);
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

/** Executions, filtered, looked at and decided on: the grid with everything around it but the panel. */
import { useNavigate } from "@tanstack/react-router";
import type { GridApi } from "ag-grid-community";
import { ArrowUp, Download, FileUp, Inbox, Keyboard, SquareTerminal } from "lucide-react";
import { lazy, type RefObject, Suspense, useCallback, useEffect, useMemo, useState } from "react";

import type { Example } from "@/shared/api/client";
import { type Fields, undo } from "@/shared/api/decisions";
import { count, plural } from "@/shared/lib/format";
import { useKeys } from "@/shared/lib/keys";
import { useAddress } from "@/shared/lib/search";
import { Button, IconButton } from "@/shared/ui/button";
import { Empty, Failure, Skeleton } from "@/shared/ui/states";

import { ColumnsMenu } from "./columns-menu";
import { type Filter, filterOf, isFiltered, nothing } from "./filter";
import { FilterBar } from "./filter-bar";
import { KeysSheet } from "./keys-sheet";
import { Kpis } from "./kpis";
import { labelled, mark, toggled, wrong } from "./marking";
import { type Selected, SelectionBar } from "./selection";
import { Source } from "./source";
import styles from "./training.module.css";
import { useNews } from "./use-news";

const Grid = lazy(() => import("./grid"));

const NONE: Selected = { rows: [] };

interface Found {
  source: Source;
  total: number;
  filter: Filter;
}

interface TrainingProps {
  open: string | null;
  onOpen: (trace_id: string | null) => void;
  /** The panel should show its form to correct. */
  onCorrect: (trace_id: string) => void;
  /** Hands over how to go to the next (1) or the one before (-1). */
  moverRef: RefObject<(by: number) => void>;
}

export function Training({ open, onOpen, onCorrect, moverRef }: TrainingProps) {
  const [search, change] = useAddress();
  const navigate = useNavigate();
  const key = JSON.stringify(filterOf(search));
  const filter = useMemo(() => JSON.parse(key) as Filter, [key]);
  const [grid, setGrid] = useState<GridApi<Example> | null>(null);
  const [round, setRound] = useState(0);
  const [found, setFound] = useState<Found | null>(null);
  const [failed, setFailed] = useState<{ source: Source; error: unknown } | null>(null);
  const [chosen, setChosen] = useState<{ source: Source | null; what: Selected }>({ source: null, what: NONE });
  const [sheet, setSheet] = useState(false);

  const source = useMemo(() => {
    const made: Source = new Source(filter, {
      total: (total, pinned) => {
        setFound({ source: made, total, filter: pinned });
        setFailed(null);
      },
      failed: (error) => setFailed({ source: made, error }),
    });
    return made;
    // another round asks anew
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [filter, round]);
  const news = useNews(grid, source, filter);
  const total = found?.source === source ? found.total : null;

  const clear = useCallback(() => {
    grid?.deselectAll();
    setChosen({ source: null, what: NONE });
  }, [grid]);
  useEffect(() => {
    grid?.deselectAll();
  }, [grid, source]);
  const selected = chosen.source === source ? chosen.what : NONE;

  /** The row that keys speak of: the open one, else the one in focus. */
  const current = (): Example | undefined => {
    if (grid === null) return undefined;
    if (open !== null) return grid.getRowNode(open)?.data;
    const focused = grid.getFocusedCell();
    return focused === null ? undefined : grid.getDisplayedRowAtIndex(focused.rowIndex)?.data;
  };
  const move = (by: number) => {
    if (grid === null || total === null || total === 0) return;
    const at = open === null ? grid.getFocusedCell()?.rowIndex : grid.getRowNode(open)?.rowIndex;
    const next = Math.min(total - 1, Math.max(0, at === undefined || at === null ? 0 : at + by));
    grid.ensureIndexVisible(next);
    grid.setFocusedCell(next, "user_input");
    const { trace_id } = grid.getDisplayedRowAtIndex(next)?.data ?? {};
    if (open !== null && trace_id !== undefined) onOpen(trace_id);
  };
  useEffect(() => {
    moverRef.current = move;
  });
  const act = (made: (example: Example) => [Fields, string] | null) => () => {
    const example = current();
    const what = example && made(example);
    if (grid !== null && example !== undefined && what !== null && what !== undefined)
      void mark(grid, example, ...what);
  };
  const again = () => {
    void undo().then(() => setRound((count) => count + 1));
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    space: () => {
      const example = current();
      const node = example && grid?.getRowNode(example.trace_id);
      node?.setSelected(!node.isSelected());
    },
    t: act((example) => toggled(example, "trainable")),
    v: act((example) => toggled(example, "verified")),
    x: act(() => wrong),
    e: () => {
      const example = current();
      if (example !== undefined) onCorrect(example.trace_id);
    },
    Enter: () => {
      const example = current();
      if (example !== undefined) onOpen(open === null ? example.trace_id : null);
    },
    Escape: () => {
      if (open !== null) onOpen(null);
      else clear();
    },
    "/": () => document.getElementById("quick-search")?.focus(),
    "?": () => setSheet(true),
    "mod+z": again,
    ...Object.fromEntries(
      Array.from({ length: 9 }, (_, key) => [String(key + 1), act((example) => labelled(example, key + 1))]),
    ),
  });

  const many = "rows" in selected ? selected.rows.length : selected.total;
  return (
    <div className={styles.training}>
      <Kpis filter={filter} change={change} />
      <FilterBar filter={filter} change={change} />
      {many > 0 ? (
        <SelectionBar
          selected={selected}
          total={total ?? 0}
          onEverything={() =>
            total !== null && found !== null && setChosen({ source, what: { filter: found.filter, total } })
          }
          onClear={clear}
          onDone={() => setRound((count) => count + 1)}
        />
      ) : (
        <div className={styles.status}>
          <span role="status">{total === null ? "Looking…" : plural(total, "execution")}</span>
          {news > 0 && (
            <Button look="primary" icon={<ArrowUp />} onClick={() => setRound((count) => count + 1)}>
              {count(news)} new
            </Button>
          )}
          <span className={styles.gap} />
          <Button look="quiet" icon={<Download />} disabled={total === 0} onClick={() => download(filter)}>
            Export
          </Button>
          <ColumnsMenu grid={grid} />
          <IconButton label="Keys" shortcut="?" onClick={() => setSheet(true)}>
            <Keyboard />
          </IconButton>
        </div>
      )}
      <div className={styles.rows}>
        {failed?.source === source && total === null && (
          <Failure error={failed.error} again={() => setRound((count) => count + 1)} />
        )}
        {total === 0 && <Nothing filtered={isFiltered(filter)} onClear={() => change(nothing)} />}
        <div className={styles.gridded} hidden={total === 0 || (failed?.source === source && total === null)}>
          <Suspense fallback={<Skeleton lines={12} />}>
            <Grid
              source={source}
              open={open}
              onReady={setGrid}
              onOpen={onOpen}
              onSession={(sessionId) => void navigate({ to: "/sessions/$sessionId", params: { sessionId } })}
              onSelected={(rows) => setChosen({ source, what: { rows } })}
            />
          </Suspense>
        </div>
      </div>
      <KeysSheet open={sheet} onClose={() => setSheet(false)} />
    </div>
  );
}

function download(filter: Filter): void {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) for (const one of [value].flat()) query.append(name, String(one));
  query.set("format", "jsonl");
  window.location.assign(`/api/training/export?${query.toString()}`);
}

function Nothing({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  const navigate = useNavigate();
  if (filtered) {
    return (
      <Empty
        icon={<Inbox aria-hidden />}
        title="No execution is like that"
        actions={<Button onClick={onClear}>Clear the filter</Button>}
      >
        The filter finds nothing. Take something of it away.
      </Empty>
    );
  }
  return (
    <Empty
      icon={<Inbox aria-hidden />}
      title="Nothing was asked yet"
      actions={
        <>
          <Button look="primary" icon={<SquareTerminal />} onClick={() => void navigate({ to: "/sql" })}>
            Ask something in SQL
          </Button>
          <Button icon={<FileUp />} onClick={() => void navigate({ to: "/import" })}>
            Import logs
          </Button>
        </>
      }
    >
      Every answer that a model gives is shown here, with its arguments. Run a query such as{" "}
      <code>SELECT * FROM tickets WHERE body MEANS &apos;card was stolen&apos;</code>, or bring in what another system
      has logged.
    </Empty>
  );
}

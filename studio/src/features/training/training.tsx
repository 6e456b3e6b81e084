/** Executions, filtered, looked at and decided on: the grid with everything around it but the panel. */
import { useNavigate } from "@tanstack/react-router";
import type { GridApi } from "ag-grid-community";
import { ArrowUp, Download, FileUp, Inbox, Keyboard, SquareTerminal } from "lucide-react";
import { type RefObject, useCallback, useEffect, useMemo, useState } from "react";

import type { Example } from "@/shared/api/client";
import { count, plural } from "@/shared/lib/format";
import { useMedia } from "@/shared/lib/media";
import { useAddress } from "@/shared/lib/search";
import { Button, IconButton } from "@/shared/ui/button";
import { LoadDemo } from "@/shared/ui/load-demo";
import { Empty, Failure } from "@/shared/ui/states";

import { useFacets } from "./api";
import { NONE, type Selected, size, useBulk } from "./bulk";
import { ColumnsMenu } from "./columns-menu";
import { type Filter, filterOf, isFiltered, nothing } from "./filter";
import { FilterBar } from "./filter-bar";
import { ExecutionsGrid } from "./grid";
import { KeysSheet } from "./keys-sheet";
import { Kpis } from "./kpis";
import { SelectionBar } from "./selection";
import { orderOf, Source, unlessLater } from "./source";
import styles from "./training.module.css";
import { useGridKeys } from "./use-grid-keys";
import { useNews } from "./use-news";
import { Views } from "./views";

const EVERYTHING: Filter = {};

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
  const narrow = useMedia("(max-width: 760px)");
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
        setFound(unlessLater({ source: made, total, filter: pinned }));
        setFailed((before) => (before?.source === made ? null : before));
      },
      failed: (error) => setFailed(unlessLater({ source: made, error })),
    });
    return made;
    // another round asks anew
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [filter, round]);
  const total = found?.source === source ? found.total : null;
  const again = useCallback(() => setRound((count) => count + 1), []);
  const news = useNews({ grid, source, filter, empty: total === 0, reload: again });

  const clear = useCallback(() => {
    grid?.deselectAll();
    setChosen({ source: null, what: NONE });
  }, [grid]);
  useEffect(() => {
    grid?.deselectAll();
  }, [grid, source]);
  useEffect(() => () => source.changed(), [source]);
  const selected = chosen.source === source ? chosen.what : NONE;
  const tags = useFacets(EVERYTHING, size(selected) > 0).data?.tag ?? {};
  const everything = () => {
    if (total !== null && total > 0 && found !== null) setChosen({ source, what: { filter: found.filter, total } });
  };
  const bulk = useBulk(selected, () => {
    clear();
    source.forget();
    grid?.refreshInfiniteCache();
  });
  useGridKeys({
    grid,
    total,
    open,
    selected,
    bulk,
    moverRef,
    onOpen,
    onCorrect,
    onEverything: everything,
    onClear: clear,
    onSheet: () => setSheet(true),
  });

  return (
    <div className={styles.training}>
      <Kpis filter={filter} change={change} />
      <FilterBar filter={filter} change={change} shown={total !== null} />
      {size(selected) > 0 ? (
        <SelectionBar
          selected={selected}
          total={total ?? 0}
          tags={Object.keys(tags)}
          bulk={bulk}
          onEverything={everything}
          onClear={clear}
        />
      ) : (
        <div className={styles.status}>
          <span role="status">{total === null ? "Looking…" : plural(total, "execution")}</span>
          {news.count > 0 && (
            <Button look="primary" icon={<ArrowUp />} onClick={again}>
              {count(news.count)} new
            </Button>
          )}
          <span className={styles.gap} />
          <Button look="quiet" icon={<Download />} disabled={total === 0} onClick={() => download(filter)}>
            Export
          </Button>
          <Views />
          {!narrow && <ColumnsMenu grid={grid} />}
          <IconButton label="Keys" shortcut="?" onClick={() => setSheet(true)}>
            <Keyboard />
          </IconButton>
        </div>
      )}
      <div className={styles.rows}>
        {failed?.source === source && total === null && <Failure error={failed.error} again={again} />}
        {total === 0 && <Nothing filtered={isFiltered(filter)} onClear={() => change(nothing)} />}
        <div className={styles.gridded} hidden={total === 0 || (failed?.source === source && total === null)}>
          <ExecutionsGrid
            key={String(narrow)}
            source={source}
            order={orderOf(search)}
            narrow={narrow}
            open={open}
            onReady={setGrid}
            onOpen={onOpen}
            onSession={(sessionId) => void navigate({ to: "/sessions/$sessionId", params: { sessionId } })}
            onScrolled={news.look}
            onSelected={(rows) => setChosen({ source, what: { rows } })}
            onOrder={(order) => change({ sort: order?.sort ?? null, order: order?.order ?? null })}
          />
        </div>
      </div>
      {bulk.question}
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
          <LoadDemo />
          <Button icon={<SquareTerminal />} onClick={() => void navigate({ to: "/sql" })}>
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

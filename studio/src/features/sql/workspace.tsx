/** The editor, what comes of it, and beside them what was asked: one page to ask and to correct. */
import { useEffect, useMemo, useState } from "react";
import { Group, Panel, Separator, useDefaultLayout } from "react-resizable-panels";

import { undo } from "@/shared/api/decisions";
import { useKeys } from "@/shared/lib/keys";
import { useNarrow } from "@/shared/lib/media";
import { one, useAddress } from "@/shared/lib/search";
import { remembered, useStore } from "@/shared/lib/store";
import { Editor } from "@/shared/ui/code";
import { Page } from "@/shared/ui/page";
import { Tabs } from "@/shared/ui/tabs";

import { useLogged, useOperators, useTables } from "./api";
import { telling } from "./cells";
import { schema, source, words } from "./completion";
import { draft, open, options } from "./draft";
import { Executions } from "./executions";
import { History } from "./history";
import { Outcome } from "./outcome";
import { active } from "./run";
import { run, running } from "./runner";
import styles from "./sql.module.css";
import { Toolbar } from "./toolbar";
import { Welcome } from "./welcome";

interface Place {
  line: number;
  column: number;
}

const [NARROW_KEY, SIDE_KEY] = ["rvbbit.sql.narrow", "rvbbit.sql.side"];
const NARROW = remembered(NARROW_KEY, "result");
const SIDE = remembered(SIDE_KEY, "executions");

export function Workspace() {
  const [search, change] = useAddress();
  const now = useStore(running);
  const sql = useStore(draft);
  const narrow = useNarrow();
  const [row, setRow] = useState<string | null>(null);
  const [place, setPlace] = useState<Place | null>(null);
  const here = one(search, "query");
  useOpened(here, one(search, "sql"), () => change({ sql: null }));
  useLeaving(active(now));
  useKeys({ "mod+z": () => void undo() });

  const ask = async (explain = false) => {
    if (draft.get().trim() === "") return;
    setRow(null);
    NARROW.set("result");
    change({ query: null });
    const done = await run(draft.get(), options.get(), explain);
    const asked = done?.usage !== null && done !== null && done.usage.calls + done.usage.cached > 0;
    if (done !== null && !explain && (asked || done.stages.length > 0)) change({ query: done.id });
  };

  const shownRun = now !== null && (here === null || here === now.id) ? now : null;
  const query = shownRun === null ? here : shownRun.stages.length > 0 || shownRun.id === here ? shownRun.id : null;
  const logged = useLogged(shownRun === null ? here : null);
  const choose = (chosen: string | null) => {
    setRow(chosen);
    if (chosen !== null) (narrow ? NARROW : SIDE).set("executions");
  };
  const editor = <Writing sql={sql} place={place} onRun={() => void ask()} />;
  const outcome =
    shownRun === null ? (
      <Welcome logged={here === null ? undefined : logged.data} onRun={() => void ask()} />
    ) : (
      <Outcome run={shownRun} onRow={(chosen) => choose(chosen === null ? null : telling(chosen))} onPlace={setPlace} />
    );
  const executions = (
    <Executions
      query={query}
      following={active(shownRun)}
      cached={shownRun?.usage?.cached ?? logged.data?.cached ?? 0}
      row={row}
      onRow={setRow}
    />
  );
  const history = (
    <History
      here={query}
      onOpen={(chosen) => {
        setRow(null);
        NARROW.set("result");
        open(chosen.sql);
        change({ query: chosen.query_id }, false);
      }}
    />
  );
  const side = [
    { id: "executions", name: "Executions", content: executions },
    { id: "history", name: "History", content: history },
  ];
  return (
    <Page title="SQL" full actions={<Toolbar onRun={() => void ask()} onExplain={() => void ask(true)} />}>
      {narrow ? (
        <div className={styles.narrow}>
          <div className={styles.small}>{editor}</div>
          <Tabs
            label="Result and executions"
            remember={NARROW_KEY}
            fill
            tabs={[{ id: "result", name: "Result", content: outcome }, ...side]}
          />
        </div>
      ) : (
        <Wide
          editor={editor}
          outcome={outcome}
          side={<Tabs label="Beside the result" remember={SIDE_KEY} fill tabs={side} />}
        />
      )}
    </Page>
  );
}

function Wide({ editor, outcome, side }: Record<"editor" | "outcome" | "side", React.ReactNode>) {
  const across = useDefaultLayout({ id: "rvbbit.sql.across", panelIds: ["work", "side"] });
  const down = useDefaultLayout({ id: "rvbbit.sql.down", panelIds: ["editor", "outcome"] });
  return (
    <Group className={styles.across} defaultLayout={across.defaultLayout} onLayoutChanged={across.onLayoutChanged}>
      <Panel id="work" minSize="360px">
        <Group orientation="vertical" defaultLayout={down.defaultLayout} onLayoutChanged={down.onLayoutChanged}>
          <Panel id="editor" defaultSize="34%" minSize="80px">
            {editor}
          </Panel>
          <Separator className={styles.gutter} aria-label="Height of the editor" />
          <Panel id="outcome" minSize="120px" className={styles.pane}>
            {outcome}
          </Panel>
        </Group>
      </Panel>
      <Separator className={styles.gutter} aria-label="Width of the executions" />
      <Panel id="side" defaultSize="400px" minSize="280px" className={styles.pane}>
        {side}
      </Panel>
    </Group>
  );
}

/** Where the last run failed, as long as the text is what was run. */
function Writing({ sql, place, onRun }: { sql: string; place: Place | null; onRun: () => void }) {
  const now = useStore(running);
  const tables = useTables().data?.tables;
  const operators = useOperators().data?.operators;
  const known = useMemo(() => schema(tables ?? []), [tables]);
  const extra = useMemo(() => words(operators ?? []), [operators]);
  const complete = useMemo(() => source(tables ?? [], operators ?? []), [tables, operators]);
  const { error } = now ?? { error: null };
  const problems = useMemo(() => {
    if (error === null || typeof error.line !== "number" || now?.sql !== sql) return [];
    return [{ line: error.line, column: error.column ?? 1, message: error.message }];
  }, [error, now?.sql, sql]);
  return (
    <div className={styles.editor}>
      <Editor
        label="SQL"
        language="sql"
        value={sql}
        onChange={draft.set}
        onRun={onRun}
        place={place}
        schema={known}
        words={extra}
        complete={complete}
        problems={problems}
      />
    </div>
  );
}

/** What the address names is opened once: a text, or a query of the log. */
function useOpened(query: string | null, sql: string | null, taken: () => void): void {
  const found = useLogged(query).data?.sql;
  useEffect(() => {
    if (sql === null) return;
    open(sql);
    taken();
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [sql]);
  useEffect(() => {
    if (found !== undefined && running.get()?.id !== query) open(found);
  }, [found, query]);
}

/** A page that goes away cancels what it runs: it asks first. */
function useLeaving(busy: boolean): void {
  useEffect(() => {
    if (!busy) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [busy]);
}

/** One session: what it came to, its timeline, and the call that was chosen. */
import { Link } from "@tanstack/react-router";
import { ChevronsDownUp, ChevronsUpDown } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { Group, Panel, Separator, useDefaultLayout } from "react-resizable-panels";

import { ago, count, moment, percent, plural, seconds, short, usd } from "@/shared/lib/format";
import { useNarrow } from "@/shared/lib/media";
import { one, useAddress } from "@/shared/lib/search";
import { Button, IconButton } from "@/shared/ui/button";
import { Figure, Figures } from "@/shared/ui/figure";
import { Page } from "@/shared/ui/page";
import { Failure, Skeleton } from "@/shared/ui/states";

import { type SessionWhole, useNested, useSession, useTotals } from "./api";
import { CallPanel } from "./call-panel";
import styles from "./session.module.css";
import { firstClosed, type Node, rows, tree } from "./timeline";

const TimelineGrid = lazy(() => import("./timeline-grid"));

export function Session({ id }: { id: string }) {
  const found = useSession(id);
  return (
    <Page
      title="Session"
      full
      about={
        <span className={styles.about}>
          <Link to="/sessions">Sessions</Link> / <code title={id}>{id}</code>
        </span>
      }
    >
      {found.error !== null ? (
        <Failure error={found.error} again={() => void found.refetch()} />
      ) : found.data === undefined ? (
        <Skeleton lines={9} />
      ) : (
        <Shown
          key={id}
          session={found.data}
          more={found.hasNextPage ? () => void found.fetchNextPage() : null}
          waiting={found.isFetchingNextPage}
        />
      )}
    </Page>
  );
}

interface ShownProps {
  session: SessionWhole;
  /** Fetch the calls behind; null where there are none. */
  more: (() => void) | null;
  waiting: boolean;
}

function Shown({ session, more, waiting }: ShownProps) {
  const [search, change] = useAddress();
  const narrow = useNarrow();
  const roots = useMemo(() => tree(session), [session]);
  const [closed, setClosed] = useState(() => firstClosed(roots));
  const seen = useMemo(() => rows(roots, closed), [roots, closed]);
  const chosen = one(search, "call");
  const layout = useDefaultLayout({ id: "rvbbit.session", panelIds: ["timeline", "call"] });
  const toggle = (id: string) => {
    const next = new Set(closed);
    if (!next.delete(id)) next.add(id);
    setClosed(next);
  };
  const grid = (
    <div className={styles.timeline}>
      <div className={styles.bar}>
        <h2>Timeline</h2>
        {more !== null && (
          <>
            <small>
              The first {count(session.calls.length)} of {plural(session.total, "call")}
            </small>
            <Button disabled={waiting} onClick={more}>
              {waiting ? "Fetching…" : "Show more"}
            </Button>
          </>
        )}
        <IconButton label="Open all" onClick={() => setClosed(new Set())}>
          <ChevronsUpDown />
        </IconButton>
        <IconButton label="Close all" onClick={() => setClosed(new Set(roots.map((node) => node.id)))}>
          <ChevronsDownUp />
        </IconButton>
      </div>
      <Suspense fallback={<Skeleton lines={8} />}>
        <TimelineGrid rows={seen} narrow={narrow} onToggle={toggle} onCall={(call) => change({ call })} />
      </Suspense>
    </div>
  );
  const call = chosen !== null && <CallPanel trace={chosen} onClose={() => change({ call: null })} />;
  return (
    <>
      <Headline roots={roots} session={session} />
      <Relatives session={session} />
      {narrow || call === false ? (
        <div className={styles.stacked}>
          {grid}
          {call !== false && <div className={styles.below}>{call}</div>}
        </div>
      ) : (
        <Group className={styles.stacked} defaultLayout={layout.defaultLayout} onLayoutChanged={layout.onLayoutChanged}>
          <Panel id="timeline" minSize="360px" className={styles.pane}>
            {grid}
          </Panel>
          <Separator className={styles.gutter} aria-label="Width of the call" />
          <Panel id="call" defaultSize="480px" minSize="300px" className={styles.pane}>
            {call}
          </Panel>
        </Group>
      )}
    </>
  );
}

function Headline({ roots, session }: { roots: readonly Node[]; session: SessionWhole }) {
  const known = useTotals(session.session_id).data;
  const first = roots[0]?.start ?? 0;
  const last = roots.reduce((most, node) => Math.max(most, node.end), first);
  const started = new Date(first).toISOString();
  const { calls, queries } = session;
  const all = session.total;
  const errors = known?.errors ?? calls.filter((call) => call.error !== null).length;
  const priced = calls.filter((call) => call.cost !== null);
  const tokens =
    known == null
      ? calls.reduce((sum, call) => sum + call.tokens_in + call.tokens_out, 0)
      : known.tokens_in + known.tokens_out;
  const cost = known?.cost ?? (priced.length === 0 ? null : priced.reduce((sum, call) => sum + (call.cost ?? 0), 0));
  const cached = queries.reduce((sum, query) => sum + query.cached, 0);
  return (
    <>
      <Figures label="This session">
        <Figure name="Started" value={ago(started)} exact={moment(started)} about={`lasted ${seconds(last - first)}`} />
        <Figure name="Statements" value={count(known?.queries ?? queries.length)} about="that asked a model" />
        <Figure name="Calls" value={short(all)} exact={count(all)} about={`${count(cached)} from memory`} />
        <Figure
          name="Errors"
          value={count(errors)}
          tone={errors > 0 ? "low" : undefined}
          about={`${percent(errors / Math.max(1, all), 1)} of calls`}
        />
        <Figure name="Tokens" value={short(tokens)} exact={count(tokens)} />
        <Figure
          name="Cost"
          value={calls.length > 0 ? usd(cost) : "$0"}
          about={priced.length === calls.length ? "all calls have a price" : "not all calls have a price"}
        />
      </Figures>
    </>
  );
}

const FEW = 8;

/** Who called it, and the runs that it called. */
function Relatives({ session }: { session: SessionWhole }) {
  const nested = useNested(session.session_id).data ?? [];
  const own = new Set(session.calls.map((call) => call.trace_id));
  const callers = [...new Set(session.calls.map((call) => call.caller_id))].filter(
    (id): id is string => id !== null && !own.has(id) && id !== session.session_id,
  );
  if (nested.length === 0 && callers.length === 0) return null;
  return (
    <div className={styles.relatives}>
      {callers.length > 0 && (
        <span>
          Called by{" "}
          {callers.slice(0, FEW).map((id) => (
            <Link key={id} to="/sessions" search={{ search: id }}>
              {id}
            </Link>
          ))}
        </span>
      )}
      {nested.length > 0 && (
        <span>
          {plural(nested.length, "nested run")}:{" "}
          {nested.slice(0, FEW).map((run) => (
            <Link key={run.session_id} to="/sessions/$sessionId" params={{ sessionId: run.session_id }}>
              {run.session_id} ({count(run.calls)})
            </Link>
          ))}
          {nested.length > FEW && ` and ${nested.length - FEW} more`}
        </span>
      )}
    </div>
  );
}

/** Sessions, the newest first, a page at a time. */
import { Link, useNavigate } from "@tanstack/react-router";
import { History } from "lucide-react";

import { ago, count, moment, plural, seconds, short, usd } from "@/shared/lib/format";
import { useAddress } from "@/shared/lib/search";
import { Badge } from "@/shared/ui/badge";
import { Button } from "@/shared/ui/button";
import { LoadDemo } from "@/shared/ui/load-demo";
import { Empty, Failure, Skeleton } from "@/shared/ui/states";
import { type Column, Table } from "@/shared/ui/table";

import { type SessionRow, useSessions } from "./api";
import { filter } from "./filter";
import styles from "./sessions.module.css";

const MOST = 2;

const COLUMNS: Column<SessionRow>[] = [
  {
    name: "Session",
    wide: true,
    cell: (row) => (
      <Link
        to="/sessions/$sessionId"
        params={{ sessionId: row.session_id }}
        title={row.session_id}
        className={styles.id}
        onClick={(event) => event.stopPropagation()}
      >
        {row.session_id}
      </Link>
    ),
  },
  { name: "Started", cell: (row) => <span title={moment(row.started)}>{ago(row.started)}</span> },
  { name: "Lasted", number: true, cell: (row) => seconds(Date.parse(row.ended) - Date.parse(row.started)) },
  { name: "Source", cell: (row) => row.sources.join(", ") },
  {
    name: "Cascades",
    cell: (row) => (
      <span className={styles.cascades} title={row.cascades.join(", ")}>
        {row.cascades.slice(0, MOST).map((name) => (
          <Badge key={name}>{name}</Badge>
        ))}
        {row.cascades.length > MOST && <small>+{row.cascades.length - MOST}</small>}
      </span>
    ),
  },
  { name: "Queries", number: true, cell: (row) => count(row.queries) },
  { name: "Calls", number: true, cell: (row) => count(row.calls) },
  {
    name: "Errors",
    number: true,
    cell: (row) => (row.errors === 0 ? "0" : <span className={styles.bad}>{count(row.errors)}</span>),
  },
  {
    name: "Tokens",
    number: true,
    cell: (row) => (
      <span title={`${count(row.tokens_in)} read, ${count(row.tokens_out)} written`}>
        {short(row.tokens_in + row.tokens_out)}
      </span>
    ),
  },
  { name: "Cost", number: true, cell: (row) => usd(row.cost) },
];

export function List() {
  const [search, change] = useAddress();
  const navigate = useNavigate();
  const asked = filter(search);
  const found = useSessions(asked);
  if (found.error !== null) return <Failure error={found.error} again={() => void found.refetch()} />;
  if (found.data === undefined) return <Skeleton lines={9} />;
  const sessions = found.data.pages.flatMap((page) => page.sessions);
  if (sessions.length === 0)
    return Object.keys(asked).length === 0 ? (
      <Empty icon={<History aria-hidden />} title="No sessions yet" actions={<LoadDemo />}>
        Every connection, shell and run is one. Run a query on the <Link to="/sql">SQL page</Link>, or{" "}
        <Link to="/import">import</Link> what was logged elsewhere.
      </Empty>
    ) : (
      <Empty
        icon={<History aria-hidden />}
        title="No session is like that"
        actions={
          <Button onClick={() => change({ search: null, cascade_id: null, source: null, from: null, to: null })}>
            Show all sessions
          </Button>
        }
      />
    );
  const total = found.data.pages[0]?.total ?? 0;
  return (
    <>
      <Table
        label="Sessions"
        columns={COLUMNS}
        rows={sessions}
        id={(row) => row.session_id}
        onOpen={(row) => void navigate({ to: "/sessions/$sessionId", params: { sessionId: row.session_id } })}
      />
      <footer className={styles.more}>
        <span>
          {sessions.length < total
            ? `${count(sessions.length)} of ${plural(total, "session")}`
            : plural(total, "session")}
        </span>
        {found.hasNextPage && (
          <Button disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            Show more
          </Button>
        )}
      </footer>
    </>
  );
}

/** What was asked before, by anyone; a click opens it. */
import { History as Clock } from "lucide-react";
import { useDeferredValue, useState } from "react";

import type { Schemas } from "@/shared/api/client";
import { ago, moment, plural, seconds, usd } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Button } from "@/shared/ui/button";
import { Input } from "@/shared/ui/field";
import { Empty, Failure, Skeleton } from "@/shared/ui/states";

import { useHistory } from "./api";
import styles from "./history.module.css";

type Query = Schemas["QueryRow"];

export function History({ here, onOpen }: { here: string | null; onOpen: (query: Query) => void }) {
  const [text, setText] = useState("");
  const search = useDeferredValue(text.trim());
  const found = useHistory(search);
  const queries = found.data?.pages.flatMap((page) => page.queries) ?? [];
  return (
    <div className={styles.history}>
      <div className={styles.search}>
        <Input
          type="search"
          aria-label="Search in queries"
          placeholder="Search in queries…"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      {found.error !== null ? (
        <Failure error={found.error} again={() => void found.refetch()} />
      ) : found.data === undefined ? (
        <Skeleton lines={8} />
      ) : queries.length === 0 ? (
        <Empty icon={<Clock aria-hidden />} title={search === "" ? "Nothing was asked yet" : "No query has this text"}>
          Every query that asks a model is kept here, with what it took.
        </Empty>
      ) : (
        <ul>
          {queries.map((query) => (
            <li key={query.query_id}>
              <button
                type="button"
                className={`${styles.query} ${query.query_id === here ? styles.here : ""}`}
                aria-current={query.query_id === here}
                onClick={() => onOpen(query)}
              >
                <code className={styles.sql} title={query.sql}>
                  {query.sql}
                </code>
                <span className={styles.took}>
                  <span title={moment(query.timestamp)}>{ago(query.timestamp)}</span>
                  {query.error === null ? (
                    <span>{plural(query.rows ?? 0, "row")}</span>
                  ) : (
                    <Badge tone="low" title={query.error}>
                      {query.error_code ?? "error"}
                    </Badge>
                  )}
                  <span>{plural(query.calls, "call")}</span>
                  <span>{usd(query.cost)}</span>
                  <span>{seconds(query.duration_ms)}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {found.hasNextPage && (
        <Button look="quiet" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          Show more
        </Button>
      )}
    </div>
  );
}

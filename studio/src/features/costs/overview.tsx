/** Everything about what it cost, in the days that the address names. */
import { Link } from "@tanstack/react-router";
import { Coins } from "lucide-react";

import { day } from "@/shared/lib/format";
import { useAddress } from "@/shared/lib/search";
import { LoadDemo } from "@/shared/ui/load-demo";
import { Empty, Failure, Skeleton } from "@/shared/ui/states";

import { type By, useCosts } from "./api";
import { Breakdown } from "./breakdown";
import styles from "./costs.module.css";
import { Headline } from "./headline";
import { measure } from "./measure";
import { days, moments, type Range, range, same } from "./range";
import { NOTHING } from "./sums";

const ALL: Range = { from: null, to: null };

export function Overview() {
  const [search] = useAddress();
  const asked = range(search);
  const by = measure(search);
  const found = useCosts("day", asked);
  const queries = useCosts("query", asked);
  if (found.error !== null) return <Failure error={found.error} again={() => void found.refetch()} />;
  if (found.data === undefined) return <Skeleton lines={9} />;
  const { costs: spent, range: shown } = found.data;
  const late = found.isPlaceholderData;
  if (spent.length === 0) return late ? <Skeleton lines={9} /> : <Nothing />;
  const known = new Map(spent.map((spend) => [spend.key, spend]));
  const every = days(
    shown,
    spent.map((spend) => spend.key),
  ).map((key) => known.get(key) ?? { key, ...NOTHING });
  const texts = new Map(queries.data?.costs.map((spend) => [spend.key, line(spend.sql ?? spend.key)]));
  return (
    <div className={styles.body}>
      <div className={`${styles.headline} ${late ? styles.late : ""}`} aria-busy={late}>
        <Headline
          days={spent}
          queries={queries.data !== undefined && same(queries.data.range, shown) ? queries.data.costs : undefined}
        />
      </div>
      <Breakdown
        title="By day"
        about="days are UTC"
        noun="Day"
        by={by}
        late={late}
        rows={[...spent].reverse()}
        drawn={every}
        error={null}
        again={() => void found.refetch()}
        name={(key) => day(`${key}T12:00:00Z`)}
        memory
        link={(key, name) => (
          <Link to="/training" search={moments({ from: key, to: key })}>
            {name}
          </Link>
        )}
      />
      <div className={styles.two}>
        <Part title="By model" noun="Model" group="model" range={asked} />
        <Part title="By cascade" noun="Cascade" group="cascade" range={asked} />
      </div>
      <Breakdown
        title="By query"
        noun="Query"
        by={by}
        late={queries.isPlaceholderData}
        rows={queries.data?.costs}
        error={queries.error}
        again={() => void queries.refetch()}
        name={(key) => texts.get(key) ?? key}
        memory
        link={(key, name) => (
          <Link to="/sql" search={{ query: key }} className={styles.sql} title={name}>
            {name}
          </Link>
        )}
      />
    </div>
  );
}

function Part({
  title,
  noun,
  group,
  range: asked,
}: {
  title: string;
  noun: string;
  group: By & ("model" | "cascade");
  range: Range;
}) {
  const [search] = useAddress();
  const found = useCosts(group, asked);
  const field = group === "model" ? "model" : "cascade_id";
  return (
    <Breakdown
      title={title}
      noun={noun}
      by={measure(search)}
      late={found.isPlaceholderData}
      rows={found.data?.costs}
      error={found.error}
      again={() => void found.refetch()}
      name={(key) => (key === "" ? "(none)" : key)}
      link={(key, name) =>
        key === "" ? (
          name
        ) : (
          <Link to="/training" search={{ [field]: key, ...moments(found.data?.range ?? asked) }} title={name}>
            {name}
          </Link>
        )
      }
    />
  );
}

function Nothing() {
  const ever = useCosts("source", ALL);
  if (ever.data === undefined) return <Skeleton lines={6} />;
  return ever.data.costs.length === 0 ? (
    <Empty icon={<Coins aria-hidden />} title="Nothing has been asked yet" actions={<LoadDemo />}>
      Run a query that asks a model on the <Link to="/sql">SQL page</Link>: what it costs stands here then.
    </Empty>
  ) : (
    <Empty icon={<Coins aria-hidden />} title="Nothing was asked in these days">
      Choose other days, or look at{" "}
      <Link to="/costs" search={{ days: "all" }}>
        all of them
      </Link>
      .
    </Empty>
  );
}

/** A statement in one line, without the hints in front of it. */
const line = (sql: string): string =>
  sql
    .replaceAll(/^\s*--.*$/gm, "")
    .replaceAll(/\s+/g, " ")
    .trim() || sql;

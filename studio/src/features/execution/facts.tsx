/** What it took, and where it came from. */
import { Link } from "@tanstack/react-router";
import { SquareTerminal } from "lucide-react";
import type { ReactNode } from "react";

import type { Whole } from "@/shared/api/client";
import { count, moment, percent, seconds, usd } from "@/shared/lib/format";
import { Code } from "@/shared/ui/code";

import styles from "./facts.module.css";
import { Part } from "./part";

export function Facts({ whole }: { whole: Whole }) {
  const facts: readonly [string, ReactNode][] = [
    ["When", moment(whole.timestamp)],
    ["Took", seconds(whole.duration_ms)],
    ["Cost", usd(whole.cost)],
    ["Tokens", `${count(whole.tokens_in)} in, ${count(whole.tokens_out)} out`],
    ["Cached tokens", `${count(whole.tokens_cached)} of ${count(whole.tokens_cached_expected)} expected`],
    ["Probability", whole.probability === null ? "—" : percent(whole.probability, 1)],
    ["Ended", whole.finish_reason ?? "—"],
    ["Attempt", whole.take > 0 ? `${whole.attempt}, take ${whole.take}` : whole.attempt],
    ["Used", `as an example in ${count(whole.used)} answers`],
    [
      "Set",
      whole.set_version === "" ? (
        "no examples"
      ) : (
        <code title={whole.set_version}>{whole.set_version.slice(0, 12)}</code>
      ),
    ],
    [
      "Session",
      <Link key="session" to="/sessions/$sessionId" params={{ sessionId: whole.session_id }}>
        {whole.session_id}
      </Link>,
    ],
    ["Trace", <code key="trace">{whole.trace_id}</code>],
  ];
  return (
    <div className={styles.facts}>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {whole.sql !== null && (
        <Part
          title="The SQL it came from"
          actions={
            <Link to="/sql" search={{ sql: whole.sql }} className={styles.open}>
              Open <SquareTerminal aria-hidden />
            </Link>
          }
        >
          <Code label="SQL" language="sql" value={whole.sql} />
        </Part>
      )}
    </div>
  );
}

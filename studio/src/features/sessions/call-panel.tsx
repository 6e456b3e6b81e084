/** One call of a session: what it was told, what it said, what it took, and what one decides about it. */
import { Link } from "@tanstack/react-router";
import { ExternalLink, X } from "lucide-react";

import type { Whole } from "@/shared/api/client";
import { moment, plural, seconds, shown, usd } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { IconButton } from "@/shared/ui/button";
import { Code } from "@/shared/ui/code";
import { Confidence } from "@/shared/ui/confidence";
import { Answer, Marking } from "@/shared/ui/marking";
import { Failure, Skeleton } from "@/shared/ui/states";

import { useCall } from "./api";
import styles from "./call-panel.module.css";
import { messages } from "./messages";

export function CallPanel({ trace, onClose }: { trace: string; onClose: () => void }) {
  const found = useCall(trace);
  return (
    <aside className={styles.panel} aria-label="Call">
      <header className={styles.head}>
        <strong>{found.data === undefined ? "Call" : `${found.data.cascade_id}.${found.data.cell_name}`}</strong>
        <Link to="/training" search={{ open: trace }} className={styles.open}>
          Open in Training <ExternalLink aria-hidden />
        </Link>
        <IconButton label="Close" onClick={onClose}>
          <X />
        </IconButton>
      </header>
      {found.error !== null ? (
        <Failure error={found.error} again={() => void found.refetch()} />
      ) : found.data === undefined ? (
        <Skeleton lines={8} />
      ) : (
        <Shown call={found.data} />
      )}
    </aside>
  );
}

function Shown({ call }: { call: Whole }) {
  const told = messages(call.request);
  return (
    <div className={styles.body}>
      <div className={styles.answer}>
        {call.error === null ? <Answer example={call} /> : <span className={styles.error}>{call.error}</span>}
        <Confidence value={call.confidence} calibrated={call.calibrated} />
        {call.kind === "llm" && call.error === null && <Marking key={call.trace_id} example={call} />}
      </div>
      <p className={styles.took}>
        {call.model !== "" && <Badge>{call.model}</Badge>}
        <span title={moment(call.timestamp)}>{seconds(call.duration_ms)}</span>
        <span>{usd(call.cost)}</span>
        <span>
          {plural(call.tokens_in, "token")} in, {plural(call.tokens_out, "token")} out
        </span>
        {call.cached && <Badge tone="high">from a cache</Badge>}
        {call.examples.length > 0 && <Badge tone="accent">{plural(call.examples.length, "example")}</Badge>}
      </p>
      <section>
        <h3>Inputs</h3>
        <dl className={styles.inputs}>
          {Object.entries(call.inputs).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{shown(value)}</dd>
            </div>
          ))}
        </dl>
      </section>
      {told.length > 0 && (
        <section>
          <h3>Prompt</h3>
          {told.map(({ role, text }, place) => (
            <div key={place} className={styles.message}>
              <Badge tone={role === "system" ? "info" : role === "assistant" ? "accent" : "plain"}>{role}</Badge>
              <p>{text}</p>
            </div>
          ))}
        </section>
      )}
      <section>
        <h3>Response</h3>
        <Code label="response" language="json" value={JSON.stringify(call.response, null, 2)} />
      </section>
      {told.length === 0 && call.request !== null && (
        <section>
          <h3>Request</h3>
          <Code label="request" language="json" value={JSON.stringify(call.request, null, 2)} />
        </section>
      )}
    </div>
  );
}

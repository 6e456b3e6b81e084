/** A plan, drawn: from the rows that are read, below, to the result, on top. */
import { Database, Filter as FilterIcon, type LucideIcon, Rows3, Sparkles, WandSparkles } from "lucide-react";

import { count, plural, seconds } from "@/shared/lib/format";

import { type Ask, type Plan, type Step, sum } from "./plan";
import styles from "./plan.module.css";

const ICONS: Record<string, LucideIcon> = {
  Project: Rows3,
  SemanticMap: WandSparkles,
  SemanticFilter: Sparkles,
  Filter: FilterIcon,
  Scan: Database,
};

const WORDS: Record<string, string> = {
  Project: "Result",
  SemanticMap: "Ask for each row",
  SemanticFilter: "Keep what a model agrees to",
  Filter: "Keep",
  Scan: "Read",
};

export function PlanView({ plan }: { plan: Plan }) {
  const { calls, cached, open } = sum(plan);
  const ran = plan.rows !== null;
  return (
    <div className={styles.plan}>
      <p className={styles.sum}>
        <strong>
          {plural(calls, "call")}
          {open ? " or more" : ""}
        </strong>{" "}
        {ran ? "made" : "to make"}, {count(cached)} answered from memory
        {ran ? `, ${plan.rows ?? ""}` : ""}
        {open && ". What is above a step that asks is known once that one is answered."}
      </p>
      {plan.blocks.map((block, place) => (
        <section key={place} aria-label={plan.blocks.length > 1 ? `Block ${place + 1}` : "Plan"}>
          {plan.blocks.length > 1 && <h3>Block {place + 1}</h3>}
          <ol className={styles.steps}>
            {block.map((step, depth) => (
              <Drawn key={depth} step={step} />
            ))}
          </ol>
        </section>
      ))}
      {plan.fallback.length > 0 && (
        <section>
          <h3>Answered row by row, where no step reaches</h3>
          {plan.fallback.map((ask) => (
            <Asked key={ask.id} ask={ask} />
          ))}
        </section>
      )}
    </div>
  );
}

function Drawn({ step }: { step: Step }) {
  const Icon = ICONS[step.kind] ?? Rows3;
  return (
    <li className={`${styles.step} ${step.asks.length > 0 ? styles.semantic : ""}`}>
      <header>
        <Icon aria-hidden />
        <strong>{step.kind}</strong>
        <span>{WORDS[step.kind]}</span>
      </header>
      {step.detail !== "" && <code className={styles.code}>{step.detail}</code>}
      {step.kept.map((kept) => (
        <code key={kept} className={styles.code}>
          read once: {kept}
        </code>
      ))}
      {step.asks.map((ask) => (
        <Asked key={ask.id} ask={ask} />
      ))}
    </li>
  );
}

function Asked({ ask }: { ask: Ask }) {
  return (
    <div className={styles.ask}>
      <code className={styles.code}>{ask.text}</code>
      {ask.guard !== null && <code className={styles.guard}>only where {ask.guard}</code>}
      {ask.distinct === null ? (
        <p className={styles.note}>{ask.note}</p>
      ) : (
        <>
          <span className={styles.bar} aria-hidden>
            <span style={{ flexGrow: ask.cached ?? 0 }} className={styles.known} />
            <span style={{ flexGrow: ask.calls ?? 0 }} className={styles.calls} />
          </span>
          <p className={styles.note}>
            {count(ask.distinct)} distinct ·{" "}
            <span className={styles.knownWord}>{count(ask.cached ?? 0)} from memory</span> ·{" "}
            <span className={styles.callsWord}>{plural(ask.calls ?? 0, "call")}</span>
            {ask.seconds !== null && ` · ${seconds(1_000 * ask.seconds)}`}
          </p>
        </>
      )}
    </div>
  );
}

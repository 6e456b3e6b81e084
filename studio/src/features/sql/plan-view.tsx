/** A plan, drawn: from the rows that are read, below, to the result, on top. */
import {
  ArrowDownUp,
  ArrowUpNarrowWide,
  Database,
  Filter as FilterIcon,
  Hand,
  type LucideIcon,
  Repeat,
  Rows3,
  Sparkles,
  WandSparkles,
} from "lucide-react";

import { count, plural, seconds, usd } from "@/shared/lib/format";

import { type Asked, type Explained, type Step, steps, sum } from "./plan";
import styles from "./plan.module.css";

const KINDS: Record<Step["kind"], { icon: LucideIcon; word: string }> = {
  Project: { icon: Rows3, word: "Result" },
  SemanticMap: { icon: WandSparkles, word: "Ask for each row" },
  TopK: { icon: ArrowUpNarrowWide, word: "Find the highest" },
  Limit: { icon: Hand, word: "Stop" },
  Reorder: { icon: ArrowDownUp, word: "Ask in the best order" },
  SemanticFilter: { icon: Sparkles, word: "Keep what a model agrees to" },
  Filter: { icon: FilterIcon, word: "Keep" },
  Scan: { icon: Database, word: "Read" },
};

export function PlanView({ plan }: { plan: Explained }) {
  const sampled = plan.sampled ?? [];
  return (
    <div className={styles.plan} role="region" aria-label="Plan" tabIndex={0}>
      <Head plan={plan} />
      {plan.blocks.map((block, place) => (
        <section key={place} aria-label={plan.blocks.length > 1 ? `Block ${place + 1}` : "Steps"}>
          {plan.blocks.length > 1 && <h3>Block {place + 1}</h3>}
          <ol className={styles.steps}>
            {steps(block).map((step, depth) => (
              <Drawn key={depth} step={step} ran={plan.ran} />
            ))}
          </ol>
        </section>
      ))}
      {sampled.length > 0 && (
        <section aria-label="Measured on a sample">
          <h3>Measured on a sample</h3>
          <pre className={`${styles.code} ${styles.sampled}`}>{sampled.join("\n")}</pre>
        </section>
      )}
      {plan.fallback.length > 0 && (
        <section aria-label="Row by row">
          <h3>Answered row by row, where no step reaches</h3>
          <ol className={styles.steps}>
            <li className={`${styles.step} ${styles.semantic}`}>
              <header>
                <Repeat aria-hidden />
                <strong>Function</strong>
              </header>
              {plan.fallback.map((ask) => (
                <Question key={ask.id} ask={ask} ran={plan.ran} />
              ))}
            </li>
          </ol>
        </section>
      )}
    </div>
  );
}

function Head({ plan }: { plan: Explained }) {
  const all = sum(plan);
  const bounded = (text: string) => `${all.atMost ? "≤ " : ""}${text}${all.open ? " +" : ""}`;
  const figures = [
    ["Calls", bounded(count(all.calls))],
    ["From memory", count(all.cached)],
    ["Tokens", all.tokens === null ? "—" : bounded(count(all.tokens))],
    ["Cost", all.cost === null ? usd(null) : bounded(usd(all.cost))],
    ["Time", all.seconds === null ? "—" : bounded(seconds(1_000 * all.seconds))],
    ...(plan.rows === null ? [] : [["Rows", count(plan.rows)]]),
  ];
  return (
    <header className={styles.head}>
      <p className={styles.about}>
        {plan.ran && "What it took"}
        {!plan.ran && "What it is expected to take"}
        {!plan.ran && (plan.sampled ?? []).length === 0 && "; no model was asked"}
        {all.atMost && ". It stops asking as soon as it knows enough"}
        {all.open && ". What is marked + is known once the steps below are answered"}
      </p>
      <dl className={styles.figures}>
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </header>
  );
}

function Drawn({ step, ran }: { step: Step; ran: boolean }) {
  const { icon: Icon, word } = KINDS[step.kind];
  const rows = step.asks.find((ask) => ask.figures?.rows !== undefined)?.figures?.rows ?? null;
  return (
    <li className={`${styles.step} ${step.asks.length > 0 ? styles.semantic : ""}`}>
      <header>
        <Icon aria-hidden />
        <strong>{step.kind}</strong>
        <span>{word}</span>
        {rows !== null && <span className={styles.rows}>{plural(rows, "row")}</span>}
      </header>
      {step.detail !== "" && step.asks.every((ask) => ask.text !== step.detail) && (
        <code className={styles.code}>{step.detail}</code>
      )}
      {step.keeps.map((kept) => (
        <code key={kept} className={styles.code}>
          read once: {kept}
        </code>
      ))}
      {step.asks.map((ask) => (
        <Question key={ask.id} ask={ask} ran={ran} />
      ))}
    </li>
  );
}

function Question({ ask, ran }: { ask: Asked; ran: boolean }) {
  const { figures } = ask;
  return (
    <div className={styles.ask}>
      <code className={styles.code}>{ask.text}</code>
      {ask.guard !== null && <code className={styles.guard}>only where {ask.guard}</code>}
      {figures === null ? (
        <p className={styles.note}>{ask.note ?? "known once it runs"}</p>
      ) : (
        <>
          <span className={styles.bar} aria-hidden>
            <span style={{ flexGrow: figures.cached }} className={styles.known} />
            <span style={{ flexGrow: figures.calls }} className={styles.calls} />
          </span>
          <p className={styles.note}>
            {typeof figures.pairs === "number" && <span>{plural(figures.pairs, "pair")}</span>}
            <span>{count(figures.distinct)} distinct</span>
            <span className={styles.knownWord}>{count(figures.cached)} from memory</span>
            {typeof figures.student === "number" && (
              <span className={styles.knownWord}>{count(figures.student)} by the student</span>
            )}
            <span className={styles.callsWord}>
              {!ran && figures.at_most && "at most "}
              {plural(figures.calls, "call")}
              {!ran && figures.calls > 0 && " to make"}
            </span>
            {figures.tokens_in !== null && figures.tokens_out !== null && (
              <span title={`${count(figures.tokens_in)} in, ${count(figures.tokens_out)} out`}>
                {plural(figures.tokens_in + figures.tokens_out, "token")}
              </span>
            )}
            <span title={figures.cost_usd === null ? "the price of this model is not known" : undefined}>
              {usd(figures.cost_usd)}
            </span>
            {figures.seconds !== null && <span>{seconds(1_000 * figures.seconds)}</span>}
          </p>
          {typeof ask.recall === "number" && (
            <p className={styles.note}>near pairs alone, for a recall of {ask.recall}</p>
          )}
          {typeof figures.note === "string" && <p className={styles.note}>{figures.note}</p>}
        </>
      )}
    </div>
  );
}

/** One run of a script: how far it is and what came of it. What is said changes it, and nothing else. */
import type { Schemas } from "@/shared/api/client";

import type { Column, Failed, Progress, Said, Usage, Value } from "./stream";

export interface Run {
  id: string;
  sql: string;
  phase: "running" | "stopping" | "done" | "failed" | "cancelled";
  /** Milliseconds, as `Date.now()` counts them. */
  started: number;
  ended: number | null;
  /** When the first answer was waited for, and how many there were already. */
  asked: { at: number; done: number } | null;
  columns: Column[];
  rows: Value[][];
  /** The rows there are; more than `rows` where only the first were asked for. */
  total: number;
  stages: Progress[];
  notices: { message: string; severity: string }[];
  /** What EXPLAIN of a semantic statement found. */
  plan: Schemas["Explained"] | null;
  usage: Usage | null;
  error: Failed | null;
}

export const begun = (id: string, sql: string, now: number): Run => ({
  id,
  sql,
  phase: "running",
  started: now,
  ended: null,
  asked: null,
  columns: [],
  rows: [],
  total: 0,
  stages: [],
  notices: [],
  plan: null,
  usage: null,
  error: null,
});

export const active = (run: Run | null): boolean => run?.phase === "running" || run?.phase === "stopping";

export function heard(run: Run, said: Said, now: number): Run {
  switch (said.event) {
    case "query":
      return run;
    case "progress":
      return { ...run, stages: staged(run.stages, said), asked: run.asked ?? { at: now, done: said.done } };
    case "notice":
      return { ...run, notices: [...run.notices, { message: said.message, severity: said.severity }] };
    case "plan":
      return { ...run, plan: said.plan };
    case "columns":
      return { ...run, columns: said.columns, rows: [], total: 0 };
    case "rows": {
      const rows = run.rows.length === 0 ? said.rows : [...run.rows, ...said.rows];
      return { ...run, rows, total: Math.max(run.total, rows.length) };
    }
    case "usage":
      return { ...run, usage: said.usage, total: said.total, phase: "done", ended: now };
    case "error":
      return failed(run, said.error, now);
  }
}

export function failed(run: Run, error: Failed, now: number): Run {
  return { ...run, phase: error.code === "cancelled" ? "cancelled" : "failed", error, ended: now };
}

function staged(stages: readonly Progress[], { stage, done, total, cached, cost_usd }: Progress): Progress[] {
  const told = { stage, done, total, cached, cost_usd };
  return stages.some((one) => one.stage === stage)
    ? stages.map((one) => (one.stage === stage ? told : one))
    : [...stages, told];
}

export interface Reached {
  done: number;
  total: number;
  cached: number;
  cost: number | null;
  /** Milliseconds that what is known of will still take; null while nobody can say. */
  left: number | null;
}

/** How far all stages have come together. The cost is the whole query's, as the newest stage tells it. */
export function reached(run: Run, now: number): Reached | null {
  const last = run.stages.at(-1);
  if (last === undefined) return null;
  const sum = (of: (stage: Progress) => number) => run.stages.reduce((all, stage) => all + of(stage), 0);
  const [done, total, cached] = [sum((one) => one.done), sum((one) => one.total), sum((one) => one.cached)];
  return { done, total, cached, cost: last.cost_usd, left: left(last, run.asked, done, total, now) };
}

function left(last: Progress, asked: Run["asked"], done: number, total: number, now: number): number | null {
  if (asked === null || last.done >= last.total) return null;
  const [answered, took] = [done - asked.done, now - asked.at];
  return answered <= 0 || took < 500 ? null : ((total - done) * took) / answered;
}

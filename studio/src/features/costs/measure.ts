/** What is drawn and sorted by: money, calls or tokens. */
import { count, short, usd } from "@/shared/lib/format";
import { one, type Search } from "@/shared/lib/search";
import type { Point, Series } from "@/shared/ui/chart";

import type { Spend } from "./sums";

export type Measure = "cost" | "calls" | "tokens";

export const MEASURES = [
  { value: "cost", label: "Cost" },
  { value: "calls", label: "Calls" },
  { value: "tokens", label: "Tokens" },
] as const;

export function measure(search: Search): Measure {
  const value = one(search, "measure");
  return MEASURES.find((known) => known.value === value)?.value ?? "cost";
}

const PARTS: Record<Measure, Series[]> = {
  cost: [
    { key: "answers", name: "Answers", tone: "accent", stack: "all" },
    { key: "scoring", name: "Scoring", tone: "medium", stack: "all" },
  ],
  calls: [
    { key: "calls", name: "Calls", tone: "accent", stack: "all" },
    { key: "memory", name: "From memory", tone: "high", stack: "all" },
  ],
  tokens: [
    { key: "fresh", name: "Read", tone: "accent", stack: "all" },
    { key: "known", name: "Read from the provider's cache", tone: "high", stack: "all" },
    { key: "written", name: "Written", tone: "info", stack: "all" },
  ],
};

/** The first part, and those of the others that there is something of. */
export const series = (by: Measure, points: readonly Point[]): Series[] =>
  PARTS[by].filter((part, place) => place === 0 || points.some((point) => point[part.key] !== 0));

export const size = (by: Measure, spend: Spend): number =>
  by === "cost" ? spend.cost : by === "calls" ? spend.calls : spend.tokens_in + spend.tokens_out;

export const write = (by: Measure, value: number): string => (by === "cost" ? usd(value) : short(value));

export const exact = (by: Measure, value: number): string => (by === "cost" ? usd(value) : count(value));

export function point(spend: Spend, name = spend.key): Point {
  return {
    name,
    answers: Math.max(0, spend.cost - spend.scoring),
    scoring: spend.scoring,
    calls: spend.calls,
    memory: spend.cached,
    fresh: Math.max(0, spend.tokens_in - spend.tokens_cached),
    known: spend.tokens_cached,
    written: spend.tokens_out,
  };
}

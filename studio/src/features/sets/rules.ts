/** What is asked of an evaluation or a race, as it is typed. */
import type { Kind, Rules } from "./proving";

export const STRATEGIES = ["recent", "high_confidence", "random", "semantic"] as const;

export interface Typed {
  rows: string;
  strategies: readonly string[];
  limits: string;
  budget: string;
}

export const DEFAULTS: Typed = { rows: "200", strategies: STRATEGIES, limits: "1, 5, 20", budget: "" };

/** What the server is told; or, as text, what is wrong. */
export function read(kind: Kind, { rows, strategies, limits, budget }: Typed): Rules | string {
  const questions = whole(rows);
  if (questions === null || questions > 10_000) return "questions: a number from 1 to 10,000";
  if (kind === "evaluate") return { rows: questions };
  if (strategies.length === 0) return "choose one strategy at least";
  const numbers = limits.split(/[\s,]+/).filter((text) => text !== "");
  const counts = numbers.map(whole);
  if (counts.length === 0 || counts.length > 8 || counts.some((one) => one === null || one > 1_000))
    return "numbers of examples: up to eight, each from 1 to 1,000, such as 1, 5, 20";
  const most = budget.trim() === "" ? null : Number(budget);
  if (most !== null && !(most > 0)) return "budget: USD, more than 0; empty for none";
  return {
    rows: questions,
    strategies: [...strategies],
    limits: [...new Set(counts as number[])],
    ...(most !== null && { budget_usd: most }),
  };
}

/** Questions asked at most: every way once, no examples and what the cell does now among them. */
export function calls(kind: Kind, { rows, strategies, limits }: Rules): number {
  return rows * (kind === "evaluate" ? 3 : 2 + (strategies?.length ?? 0) * (limits?.length ?? 0));
}

function whole(text: string): number | null {
  const value = Number(text);
  return text.trim() !== "" && Number.isInteger(value) && value >= 1 ? value : null;
}

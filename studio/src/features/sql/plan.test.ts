import { describe, expect, it } from "vitest";

import { type Asked, type Explained, type Step, steps, sum } from "./plan";

const FIGURES = {
  rows: 40,
  distinct: 30,
  cached: 10,
  calls: 20,
  tokens_in: 900,
  tokens_out: 100,
  cost_usd: 0.5,
  seconds: 2,
  at_most: false,
  student: null,
  note: null,
  pairs: null,
};
const ask = (id: number, figures: Asked["figures"], note: string | null = null): Asked => ({
  id,
  operator: "means",
  text: `text MEANS '${id}'`,
  guard: null,
  figures,
  note,
});
const step = (kind: Step["kind"], asks: Asked[], ...children: Step[]): Step => ({
  kind,
  detail: "",
  keeps: [],
  asks,
  children,
});
const plan = (...asks: Asked[]): Explained => ({
  blocks: [step("Project", [], step("SemanticFilter", asks, step("Scan", [])))],
  fallback: [],
  ran: false,
  rows: null,
  sampled: [],
});

describe("a plan", () => {
  it("is its steps, the result first", () =>
    expect(
      plan()
        .blocks.flatMap(steps)
        .map((one) => one.kind),
    ).toEqual(["Project", "SemanticFilter", "Scan"]));

  it("adds up what is known", () =>
    expect(sum(plan(ask(1, FIGURES), ask(2, FIGURES)))).toEqual({
      calls: 40,
      cached: 20,
      tokens: 2000,
      cost: 1,
      seconds: 4,
      open: false,
      atMost: false,
    }));

  it("is an upper bound where some may be spared", () => {
    const spared = plan(ask(1, FIGURES), ask(2, { ...FIGURES, at_most: true }));
    expect(sum(spared).atMost).toBe(true);
    expect(sum({ ...spared, ran: true }).atMost).toBe(false);
    expect(sum(plan(ask(1, { ...FIGURES, at_most: true, calls: 0 }))).atMost).toBe(false);
  });

  it("says where something is not known", () => {
    expect(sum(plan(ask(1, FIGURES), ask(2, null, "known later"))).open).toBe(true);
    expect(sum({ ...plan(ask(1, FIGURES), ask(2, null, "not asked")), ran: true }).open).toBe(false);
    expect(sum(plan(ask(1, FIGURES), ask(2, { ...FIGURES, cost_usd: null }))).cost).toBeNull();
  });
});

import { describe, expect, it } from "vitest";

import { part, perCall, saved, type Spend, top, total } from "./sums";

const spend = (key: string, more: Partial<Spend>): Spend => ({
  key,
  calls: 0,
  errors: 0,
  cached: 0,
  tokens_in: 0,
  tokens_out: 0,
  tokens_cached: 0,
  cost: 0,
  unpriced: 0,
  scoring: 0,
  ...more,
});

it("everything is added up", () => {
  expect(total([spend("a", { calls: 2, cost: 1 }), spend("b", { calls: 3, scoring: 0.5 })])).toMatchObject({
    calls: 5,
    cost: 1,
    scoring: 0.5,
  });
});

describe("what memory saved", () => {
  it("is priced by the query's own calls, else by all of them", () => {
    const own = spend("own", { calls: 10, cost: 1, cached: 5 });
    const again = spend("again", { cached: 10 });
    expect(saved([own])).toBeCloseTo(0.5);
    expect(saved([own, again])).toBeCloseTo(1.5);
  });

  it("is not known where no call has a price", () => {
    expect(saved([spend("a", { calls: 4, unpriced: 4, cached: 3 })])).toBeNull();
    expect(perCall({ calls: 4, unpriced: 4, cost: 0 })).toBeNull();
  });

  it("is nothing where nothing came from memory", () => {
    expect(saved([])).toBe(0);
  });
});

it("what is left over is one row", () => {
  const many = ["a", "b", "c", "d"].map((key) => spend(key, { cost: 1 }));
  expect(top(many, 3).map((one) => [one.key, one.cost])).toEqual([
    ["a", 1],
    ["b", 1],
    ["2 others", 2],
  ]);
  expect(top(many, 4)).toHaveLength(4);
});

it("a part of nothing is nothing", () => expect(part(0, 0)).toBe(0));

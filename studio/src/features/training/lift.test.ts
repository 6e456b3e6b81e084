import { expect, test } from "vitest";

import { lift } from "./lift";

const set = (cell_name: string, evaluated: string | null, mean: number, live = false) => ({
  cascade_id: "classify",
  cell_name,
  scope: {},
  live,
  evaluated,
  evaluation: { gains: { "candidate - none": { mean, low: mean - 0.1, high: mean + 0.1 } } },
});

test("the newest proof of the sets that people chose", () => {
  const sets = [
    set("a", "2026-03-01", 0.9),
    set("a", "2026-01-01", 0.1, true),
    set("b", "2026-02-01", 0.2, true),
    set("b", null, 0),
  ];
  expect(lift(sets)?.mean).toBe(0.2);
});

test("where nobody chose, the newest version is in use", () => {
  expect(lift([set("a", "2026-03-01", 0.3), set("a", "2026-01-01", 0.1)])?.mean).toBe(0.3);
});

test("nothing where what is in use was not proved", () => {
  expect(lift([set("a", null, 0), set("a", "2026-01-01", 0.1)])).toBeNull();
  expect(lift([])).toBeNull();
});

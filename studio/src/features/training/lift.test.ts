import { expect, test } from "vitest";

import { lift } from "./lift";

const gain = (mean: number) => ({ gains: { "candidate - none": { mean, low: mean - 0.1, high: mean + 0.1 } } });

test("the newest proof of a live set", () => {
  const sets = [
    { live: true, evaluated: "2026-01-01", evaluation: gain(0.1) },
    { live: true, evaluated: "2026-02-01", evaluation: gain(0.2) },
    { live: false, evaluated: "2026-03-01", evaluation: gain(0.9) },
  ];
  expect(lift(sets)?.mean).toBe(0.2);
});

test("nothing where nothing was proved", () => {
  expect(lift([{ live: true, evaluated: null, evaluation: null }])).toBeNull();
});

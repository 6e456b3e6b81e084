import { expect, test } from "vitest";

import { gain, points, scale, verdict } from "./proof";

const interval = (low: number, high: number) => ({ mean: (low + high) / 2, low, high });

test("an interval that holds zero proves nothing", () => {
  expect(verdict(interval(0.01, 0.1))).toBe("better");
  expect(verdict(interval(-0.1, -0.01))).toBe("worse");
  expect(verdict(interval(0, 0.1))).toBe("same");
});

test("a gain is found in both directions", () => {
  const found = { gains: { "candidate - none": { mean: 0.2, low: 0.1, high: 0.4 } } };
  expect(gain(found, "candidate", "none")).toEqual({ mean: 0.2, low: 0.1, high: 0.4 });
  expect(gain(found, "none", "candidate")).toEqual({ mean: -0.2, low: -0.4, high: -0.1 });
  expect(gain(found, "current", "none")).toBeNull();
});

test("zero is always on the scale, and nothing stands at its edge", () => {
  const [low, high] = scale([interval(0.1, 0.3)]);
  expect(low).toBeLessThan(0);
  expect(high).toBeGreaterThan(0.3);
});

test("points have a sign", () => {
  expect([points(0.0421), points(-0.01), points(0)]).toEqual(["+4.2", "−1.0", "+0.0"]);
});

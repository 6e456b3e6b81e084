import { expect, test } from "vitest";

import { until, untilSignal } from "./outlook";

const outlook = (reviewed: number) => ({ reviewed, gain: 0, low: 0, high: 0 });

test("before the first signal, the decisions to it are counted, with those made since", () => {
  expect(until({ outlook: null, verified: 10, left: 400 }, 5)).toBe(35);
  expect(until({ outlook: null, verified: 10, left: 8 }, 0)).toBe(8);
});

test("afterwards it comes when it comes", () => {
  expect(until({ outlook: outlook(80), verified: 80, left: 400 }, 0)).toBeNull();
  expect(untilSignal({ outlook: outlook(80), verified: 80, left: 400 }, 0)).toBe("No stop signal yet, 400 left");
  expect(untilSignal({ outlook: null, verified: 80, left: 0 }, 0)).toBe("Nothing is left");
});

import { expect, test } from "vitest";

import type { Version } from "./api";
import { curve } from "./curve";

const version = (size: number, accuracy: number | null) =>
  ({
    version: `${size}0000000abc`,
    size,
    timestamp: `2026-01-0${size}T00:00:00Z`,
    evaluation:
      accuracy === null
        ? null
        : {
            arms: { none: { accuracy: 0.5 }, candidate: { accuracy } },
            gains: { "candidate - none": { mean: 0.2, low: 0.1, high: 0.4 } },
          },
  }) as unknown as Version;

test("evaluated versions, the oldest first, with how far off they may be", () => {
  const points = curve([version(3, 0.8), version(2, null), version(1, 0.7)]);
  expect(points.map((one) => [one.name, one.accuracy])).toEqual([
    ["10000000 (1)", 0.7],
    ["30000000 (3)", 0.8],
  ]);
  expect(points[0]?.off.map((one) => one.toFixed(2))).toEqual(["0.10", "0.20"]);
});

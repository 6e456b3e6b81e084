import { expect, test } from "vitest";

import { REST, square, UNKNOWN } from "./confusion";

test("what was right against what was answered", () => {
  const found = square([
    { answer: "a", held: "a", number: 5 },
    { answer: "b", held: "a", number: 2 },
    { answer: "b", held: null, number: 1 },
  ]);
  expect(found.answered).toEqual(["a", "b"]);
  expect(found.held).toEqual(["a", "b", UNKNOWN]);
  expect([found.count("a", "b"), found.of("a"), found.count(UNKNOWN, "b")]).toEqual([2, 7, 1]);
});

test("rare labels stand together", () => {
  const found = square(Array.from({ length: 14 }, (_, at) => ({ answer: `l${at}`, held: `l${at}`, number: 20 - at })));
  expect(found.answered).toHaveLength(10);
  expect(found.answered.at(-1)).toBe(REST);
  expect(found.count(REST, REST)).toBe(11 + 10 + 9 + 8 + 7);
});

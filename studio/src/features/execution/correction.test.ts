import { expect, test } from "vitest";

import { meant, written } from "./correction";

test("text stays text, also where it looks like something else", () => {
  expect(meant("true", "yes")).toBe("true");
  expect(meant("12", "eleven")).toBe("12");
});

test("all else is JSON", () => {
  expect(meant("false", true)).toBe(false);
  expect(meant('{"a": 1}', { a: 2 })).toEqual({ a: 1 });
});

test("what is no JSON is said, with what the answer was", () => {
  expect(meant("maybe", true)).toBeInstanceOf(Error);
  expect(String(meant("maybe", true))).toContain("true or false");
});

test("nothing typed is nothing", () => {
  expect(meant("  ", "x")).toBeNull();
});

test.each(["x", "", true, 0, [1], { a: null }])("what is written means the same: %j", (value) => {
  if (value !== "") expect(meant(written(value), value)).toEqual(value);
});

import { expect, test } from "vitest";

import { typed } from "./typed";

test("text stays text, also where it reads like something else", () => {
  expect(typed("true", "false")).toBe("true");
  expect(typed("", "x")).toBe("");
});

test("what was no text is read as JSON", () => {
  expect(typed("false", true)).toBe(false);
  expect(typed('["a"]', [])).toEqual(["a"]);
  expect(() => typed("maybe", true)).toThrow("like true");
});

test("where nothing was answered, both are taken", () => {
  expect(typed("12", null)).toBe(12);
  expect(typed("twelve", null)).toBe("twelve");
});

import { expect, test } from "vitest";

import { pressed, typing } from "./keys";

const event = (key: string, more: Partial<KeyboardEvent> = {}) =>
  pressed({ key, code: "", ctrlKey: false, metaKey: false, shiftKey: false, ...more });

test("letters are themselves, in any case, unless shift is held", () => {
  expect(event("t", { code: "KeyT" })).toBe("t");
  expect(event("T", { code: "KeyT" })).toBe("t"); // caps lock
  expect(event("T", { code: "KeyT", shiftKey: true })).toBe("shift+t");
});

test("digits with shift on each layout", () => {
  expect(event("1", { code: "Digit1" })).toBe("1");
  expect(event("!", { code: "Digit1", shiftKey: true })).toBe("shift+1");
  expect(event("1", { code: "Digit1", shiftKey: true })).toBe("1"); // French: digits are typed so
  expect(event("/", { code: "Digit7", shiftKey: true })).toBe("/"); // German
});

test("signs are themselves, however they are typed", () => {
  expect(event("?", { code: "Slash", shiftKey: true })).toBe("?");
  expect(event(" ", { code: "Space" })).toBe("space");
});

test("control and command are the same", () => {
  expect(event("z", { code: "KeyZ", ctrlKey: true })).toBe("mod+z");
  expect(event("Z", { code: "KeyZ", metaKey: true, shiftKey: true })).toBe("mod+shift+z");
  expect(event("Enter", { shiftKey: true })).toBe("shift+Enter");
});

test("whether someone types", () => {
  document.body.innerHTML = "<input id=a><input type=checkbox id=b><p id=c></p><textarea id=d></textarea>";
  expect(["a", "b", "c", "d"].map((id) => typing(document.getElementById(id)))).toEqual([true, false, false, true]);
});

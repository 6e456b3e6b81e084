import { expect, test } from "vitest";

import type { Item, Queue } from "./api";
import { confirmed, EMPTY, left, saving, type Sitting, step } from "./sitting";

const item = (trace_id: string) => ({ execution: { trace_id } }) as Item;
const queue = (ids: string, all = 10) => ({ items: ids.split("").map(item), left: all }) as Queue;
const waiting = (sitting: Sitting) => sitting.waiting.map((one) => one.execution.trace_id).join("");
const from = (ids: string) => step(EMPTY, { do: "fetched", queue: queue(ids) });

test("what is fetched later comes behind, and nothing twice", () => {
  const more = step(from("abc"), { do: "fetched", queue: queue("bcd") });
  expect(waiting(more)).toBe("abcd");
});

test("a decision shows the next at once; only what the server confirmed is counted", () => {
  const decided = step(from("abc"), { do: "decided", item: item("a"), what: "right" });
  expect([waiting(decided), decided.at, saving(decided), left(decided)]).toEqual(["bc", 0, 1, 10]);
  const saved = step(decided, { do: "confirmed", id: "a", undo: "u1" });
  expect([confirmed(saved), saving(saved), left(saved)]).toEqual([1, 0, 9]);
});

test("a decided item does not come back with what is fetched", () => {
  const decided = step(from("abc"), { do: "decided", item: item("a"), what: "right" });
  expect(waiting(step(decided, { do: "fetched", queue: queue("ab") }))).toBe("bc");
});

test("what the server refuses is looked at again, with the reason", () => {
  const decided = step(from("abc"), { do: "decided", item: item("a"), what: "right" });
  const refused = step(decided, { do: "refused", id: "a", error: "no" });
  expect([waiting(refused), refused.at, refused.refused["a"], refused.decided.length]).toEqual(["abc", 0, "no", 0]);
  expect(step(refused, { do: "decided", item: item("a"), what: "right" }).refused).toEqual({});
});

test("undo brings the item back to where one is", () => {
  let sitting = step(from("abc"), { do: "decided", item: item("a"), what: "right" });
  sitting = step(sitting, { do: "confirmed", id: "a", undo: "u1" });
  sitting = step(sitting, { do: "moved", by: 1 });
  expect(waiting(step(sitting, { do: "undone", undo: "u1" }))).toBe("bac");
  expect(step(sitting, { do: "undone", undo: "elsewhere" })).toBe(sitting);
});

test("skipping puts it behind all others; moving stays inside", () => {
  expect(waiting(step(from("abc"), { do: "skipped" }))).toBe("bca");
  expect(step(from("abc"), { do: "moved", by: 9 }).at).toBe(2);
  expect(step(from("abc"), { do: "moved", by: -9 }).at).toBe(0);
});

test("the last one decided leaves nothing", () => {
  const done = step(from("a"), { do: "decided", item: item("a"), what: "right" });
  expect([done.waiting.length, done.at]).toEqual([0, 0]);
});

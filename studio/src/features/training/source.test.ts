import { expect, test } from "vitest";

import { after, ordered } from "./source";

test("the newest execution itself is inside of what is pinned", () => {
  expect(after("2026-11-23T23:57:40.086446Z")).toBe("2026-11-23T23:57:40.087Z");
  expect(after("2026-11-23T23:57:40.086Z")).toBe("2026-11-23T23:57:40.087Z");
});

test("newest first unless the grid says otherwise", () => {
  expect(ordered([])).toEqual({ sort: "timestamp", order: "desc" });
  expect(ordered([{ colId: "confidence", sort: "asc" }])).toEqual({ sort: "confidence", order: "asc" });
  expect(ordered([{ colId: "tags", sort: "asc" }])).toEqual({ sort: "timestamp", order: "desc" });
});

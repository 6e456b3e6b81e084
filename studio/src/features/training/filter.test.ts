import { expect, test } from "vitest";

import { filterOf, nothing } from "./filter";

test("an address becomes a filter with the API's types", () => {
  const search = {
    cascade_id: ["a", "b"],
    cell_name: "c",
    min_confidence: "0.8",
    trainable: "false",
    search: "SQL",
    open: "x",
  };
  expect(filterOf(search)).toEqual({
    cascade_id: ["a", "b"],
    cell_name: ["c"],
    min_confidence: 0.8,
    trainable: false,
    search: "SQL",
  });
});

test("what is no number and no switch is left out, and zero is a number", () => {
  expect(filterOf({ min_confidence: "much", max_confidence: "", trainable: "maybe", min_cost: "0" })).toEqual({
    min_cost: 0,
  });
});

test("contradictions can only be asked for, and ids are a list", () => {
  expect(filterOf({ contradiction: "true", trace_id: "a" })).toEqual({ contradiction: true, trace_id: ["a"] });
  expect(filterOf({ contradiction: "false" })).toEqual({});
});

test("taking the filter out names every field of it", () => {
  expect(Object.keys(nothing)).toContain("criterion");
});

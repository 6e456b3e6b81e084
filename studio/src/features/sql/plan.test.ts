import { describe, expect, it } from "vitest";

import { plan, sum } from "./plan";

const EXPLAINED = [
  "Project",
  "└─ SemanticMap",
  "      ask 1: CLASSIFY(text, 'a,b')  where id > 1  [known once those below are answered]",
  "   └─ SemanticFilter  MEANS(text, 'lost [card]')",
  "         ask 2: MEANS(text, 'lost [card]')  [1,399 distinct, 12 cached, 1,387 to ask]",
  "      └─ Filter  id < 400",
  "         └─ Scan  questions",
  "               keep  (SELECT 1 LIMIT 2)",
];

describe("a plan", () => {
  it("is a chain of steps, each with what it asks", () => {
    const found = plan(EXPLAINED);
    expect(found?.blocks.map((block) => block.map((step) => step.kind))).toEqual([
      ["Project", "SemanticMap", "SemanticFilter", "Filter", "Scan"],
    ]);
    const [, map, filter, , scan] = found?.blocks[0] ?? [];
    expect(map?.asks[0]).toMatchObject({ text: "CLASSIFY(text, 'a,b')", guard: "id > 1", calls: null });
    expect(filter?.asks[0]).toMatchObject({
      text: "MEANS(text, 'lost [card]')",
      distinct: 1399,
      cached: 12,
      calls: 1387,
    });
    expect(scan?.kept).toEqual(["(SELECT 1 LIMIT 2)"]);
  });

  it("adds up what is known, and says where not all is", () => {
    const found = plan(EXPLAINED);
    expect(found && sum(found)).toEqual({ calls: 1387, cached: 12, open: true });
  });

  it("has what happened where it was run", () => {
    const found = plan([
      "Project",
      "└─ SemanticFilter  x",
      "      ask 1: x  [39 distinct, 0 cached, 39 calls, 1.44 s]",
      "20 rows",
    ]);
    expect(found?.blocks[0]?.[1]?.asks[0]).toMatchObject({ calls: 39, seconds: 1.44 });
    expect(found?.rows).toBe("20 rows");
  });

  it("may have several blocks", () => {
    const found = plan([
      "Block 1",
      "Project",
      "└─ Scan  a",
      "Block 2",
      "Project",
      "└─ Scan  b",
      "Fallback  ask 3: f(x)  [not asked]",
    ]);
    expect(found?.blocks.map((block) => block.length)).toEqual([2, 2]);
    expect(found?.fallback).toHaveLength(1);
    expect(found && sum(found).open).toBe(false);
  });

  it("is none where the rows are something else", () => {
    expect(plan(["hello"])).toBeNull();
    expect(plan([])).toBeNull();
  });
});

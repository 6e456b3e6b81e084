import { describe, expect, it } from "vitest";

import type { Call, Query } from "./api";
import { filter } from "./filter";
import { bar, firstClosed, rows, tree } from "./timeline";

const call = (trace_id: string, second: number, more: Partial<Call> = {}): Call => ({
  trace_id,
  query_id: null,
  run_id: null,
  caller_id: null,
  timestamp: new Date(second * 1_000).toISOString(),
  source: "run",
  cascade_id: "triage",
  cell_name: "cell",
  kind: "llm",
  model: "m",
  inputs: {},
  answer: null,
  attempt: 1,
  take: 0,
  tokens_in: 1,
  tokens_out: 1,
  tokens_cached: 0,
  cost: 0.5,
  duration_ms: 500,
  cached: false,
  error: null,
  error_code: null,
  ...more,
});
const query = (query_id: string, second: number, more: Partial<Query> = {}): Query => ({
  query_id,
  session_id: "s",
  timestamp: new Date(second * 1_000).toISOString(),
  sql: `SELECT ${query_id}`,
  rows: 1,
  calls: 1,
  cached: 0,
  tokens_in: 0,
  tokens_out: 0,
  tokens_cached: 0,
  cost: 1,
  duration_ms: 2_000,
  error: null,
  error_code: null,
  ...more,
});

describe("a session's tree", () => {
  it("puts what one run called under it, where that is more than one call", () => {
    const rowed = { query_id: "q", cascade_id: "two" };
    const [statement] = tree({
      queries: [query("q", 0)],
      calls: [
        call("a", 1, { ...rowed, run_id: "r1", cell_name: "draft" }),
        call("b", 2, { ...rowed, run_id: "r1", cell_name: "verdict", error: "no" }),
        call("c", 3, { ...rowed, run_id: "r2" }),
      ],
    });
    expect(statement?.calls).toBe(3);
    expect(statement?.children.map(({ id, kind, name, calls, errors }) => [id, kind, name, calls, errors])).toEqual([
      ["r1", "run", "two", 2, 1],
      ["c", "call", "cell", 1, 0],
    ]);
    expect(statement?.children[0]?.children.map((node) => node.name)).toEqual(["draft", "verdict"]);
  });

  it("keeps runs of the same cascade apart", () => {
    const roots = tree({
      queries: [],
      calls: [call("a", 1, { run_id: "r1" }), call("b", 2, { run_id: "r2" }), call("c", 3)],
    });
    expect(roots.map((node) => [node.id, node.name, node.calls])).toEqual([
      ["r1", "triage", 1],
      ["r2", "triage", 1],
      ["run  triage", "triage", 1],
    ]);
  });

  it("puts calls under their statement, and others under their cascade", () => {
    const roots = tree({ calls: [call("a", 1, { query_id: "q" }), call("b", 9)], queries: [query("q", 1)] });
    expect(roots.map((root) => [root.kind, root.name, root.calls])).toEqual([
      ["query", "SELECT q", 1],
      ["run", "triage", 1],
    ]);
  });

  it("puts calls under the call that made them", () => {
    const roots = tree({ calls: [call("a", 1), call("b", 2, { caller_id: "a" })], queries: [] });
    expect(rows(roots, new Set()).map((row) => [row.node.id, row.depth])).toEqual([
      ["run  triage", 0],
      ["a", 1],
      ["b", 2],
    ]);
    expect(roots[0]).toMatchObject({ calls: 2, cost: 1, end: 2_500 });
  });

  it("ends where calls name each other in a ring", () => {
    const ring = [call("a", 1, { caller_id: "b" }), call("b", 2, { caller_id: "a" })];
    expect(rows(tree({ calls: ring, queries: [] }), new Set()).map((row) => row.node.id)).toContain("b");
  });

  it("knows no cost where one has no price, and counts errors", () => {
    const [root] = tree({ calls: [call("a", 1, { cost: null, error: "boom" }), call("b", 1)], queries: [] });
    expect(root).toMatchObject({ cost: null, errors: 1 });
  });

  it("keeps statements that memory answered, and those that failed", () => {
    expect(tree({ calls: [], queries: [query("q", 3, { error: "no" })] })[0]).toMatchObject({ calls: 0, errors: 1 });
  });
});

describe("the time axis", () => {
  const roots = tree({
    calls: [call("a", 10, { query_id: "q" }), call("b", 11, { query_id: "q" })],
    queries: [query("p", 0), query("q", 10)],
  });

  it("is the session for statements, and the statement for its calls", () => {
    const [, q, , b] = rows(roots, new Set());
    expect(q && bar(q).left).toBeCloseTo(10 / 12);
    expect(b && bar(b)).toEqual({ left: 0.5, width: 0.25 });
  });

  it("hides what is below something closed", () => {
    expect(rows(roots, new Set(["q"]))).toHaveLength(2);
    expect(firstClosed(roots).size).toBe(0);
  });
});

it("the address names which sessions", () => {
  expect(filter({ search: "night", cascade_id: ["a", "b"], from: "2026-11-30", to: "2026-11-30" })).toEqual({
    search: "night",
    cascade_id: ["a", "b"],
    since: "2026-11-30T00:00:00Z",
    until: "2026-12-01T00:00:00.000Z",
  });
  expect(filter({ from: "soon" })).toEqual({});
});

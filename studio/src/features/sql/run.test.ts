import { describe, expect, it } from "vitest";

import { begun, heard, reached, type Run } from "./run";
import { type Said, said } from "./stream";

const USAGE = { calls: 2, cached: 1, tokens_in: 5, tokens_out: 1, tokens_cached: 0, cost_usd: 0.1, seconds: 1 };
const play = (...lines: [Said, number][]): Run =>
  lines.reduce((run, [line, now]) => heard(run, line, now), begun("q", "SELECT 1", 0));
const progress = (stage: string, done: number, total: number): Said => ({
  event: "progress",
  stage,
  done,
  total,
  cached: 1,
  cost_usd: 0.5,
});

describe("a run", () => {
  it("collects rows and ends with its usage", () => {
    const run = play(
      [{ event: "columns", columns: [{ name: "a", type: "BIGINT" }] }, 1],
      [{ event: "rows", rows: [[1], [2]] }, 2],
      [{ event: "rows", rows: [[3]] }, 3],
      [{ event: "usage", query_id: "q", total: 9, usage: USAGE }, 4],
    );
    expect(run.rows).toEqual([[1], [2], [3]]);
    expect([run.phase, run.total, run.ended]).toEqual(["done", 9, 4]);
  });

  it("shows the rows of the last statement alone", () => {
    const run = play(
      [{ event: "rows", rows: [[1]] }, 1],
      [{ event: "columns", columns: [{ name: "b", type: "VARCHAR" }] }, 2],
    );
    expect(run.rows).toEqual([]);
  });

  it("tells what was cancelled from what failed", () => {
    const end = (code: string): Said => ({ event: "error", error: { code, message: "so", hint: null } });
    expect(play([end("cancelled"), 1]).phase).toBe("cancelled");
    expect(play([end("sql_error"), 1]).phase).toBe("failed");
  });
});

describe("how far it is", () => {
  it("is the sum of its stages, each as it was told last", () => {
    const run = play([progress("means", 2, 10), 0], [progress("means", 10, 10), 1_000], [progress("ask", 1, 4), 1_100]);
    expect(reached(run, 1_100)).toMatchObject({ done: 11, total: 14, cached: 2, cost: 0.5 });
  });

  it("says how long it will take once it can", () => {
    const run = play([progress("means", 0, 100), 1_000], [progress("means", 25, 100), 3_000]);
    expect(reached(run, 3_000)?.left).toBe(6_000);
    expect(reached(play([progress("means", 0, 100), 0]), 9_000)?.left).toBeNull();
    expect(reached(play([progress("means", 5, 5), 0]), 9_000)?.left).toBeNull();
  });

  it("is nothing where no model was asked", () => expect(reached(begun("q", "", 0), 5)).toBeNull());
});

it("lines are whole however they are cut", async () => {
  const bytes = new TextEncoder().encode('{"event":"query","query_id":"ü"}\n{"event":"rows","rows":[["📚\\n"]]}');
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  const lines: Said[] = [];
  for await (const line of said(body)) lines.push(line);
  expect(lines).toEqual([
    { event: "query", query_id: "ü" },
    { event: "rows", rows: [["📚\n"]] },
  ]);
});

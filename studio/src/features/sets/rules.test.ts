import { describe, expect, it } from "vitest";

import { calls, DEFAULTS, read } from "./rules";

describe("what a race is told", () => {
  it("is what was typed", () => {
    const asked = read("race", { rows: "50", strategies: ["recent"], limits: "3, 3 5", budget: "0.5" });
    expect(asked).toEqual({ rows: 50, strategies: ["recent"], limits: [3, 5], budget_usd: 0.5 });
    expect(typeof asked === "string" ? 0 : calls("race", asked)).toBe(200);
  });

  it("of an evaluation is the number of questions alone", () => {
    expect(read("evaluate", DEFAULTS)).toEqual({ rows: 200 });
    expect(calls("evaluate", { rows: 200 })).toBe(600);
  });

  it.each([
    [{ rows: "0" }, "questions"],
    [{ rows: "1.5" }, "questions"],
    [{ rows: "" }, "questions"],
    [{ strategies: [] }, "strategy"],
    [{ limits: "" }, "numbers"],
    [{ limits: "1, x" }, "numbers"],
    [{ limits: "1 2 3 4 5 6 7 8 9" }, "numbers"],
    [{ budget: "-1" }, "budget"],
    [{ budget: "much" }, "budget"],
  ])("refuses %j", (typed, about) => {
    expect(read("race", { ...DEFAULTS, ...typed })).toContain(about);
  });
});

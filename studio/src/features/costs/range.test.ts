import { describe, expect, it } from "vitest";

import { address, days, moments, named, preset, range, whole } from "./range";

const NOW = Date.parse("2026-11-24T10:00:00Z");

describe("the days an address names", () => {
  it("are the last thirty, today among them, where it names none", () => {
    expect(range({}, NOW)).toEqual({ from: "2026-10-26", to: "2026-11-24" });
    expect(preset({ days: "soon" })).toBe("30");
  });

  it("are those it names, and then no preset is chosen", () => {
    expect(range({ from: "2026-11-01", to: "2026-11-02", days: "7" }, NOW)).toEqual({
      from: "2026-11-01",
      to: "2026-11-02",
    });
    expect(preset({ from: "2026-11-01" })).toBe("");
  });

  it("leave out what is no day", () => {
    expect(range({ from: "<script>", to: "2026-13-40" }, NOW)).toEqual({ from: "2026-10-26", to: "2026-11-24" });
  });

  it("end with the last moment of the last day", () => {
    expect(moments({ from: "2026-11-30", to: "2026-11-30" })).toEqual({
      since: "2026-11-30T00:00:00Z",
      until: "2026-12-01T00:00:00Z",
    });
    expect(moments({ from: null, to: null })).toEqual({});
  });
});

it("a day without spend is a day", () => {
  expect(days({ from: "2026-11-29", to: "2026-12-02" }, ["2026-11-30"])).toEqual([
    "2026-11-29",
    "2026-11-30",
    "2026-12-01",
    "2026-12-02",
  ]);
  expect(days({ from: null, to: null }, ["2026-11-22"], NOW)).toEqual(["2026-11-22", "2026-11-23", "2026-11-24"]);
});

describe("a day that is typed", () => {
  const field = (value: string, half = false) => ({ value, half });

  it("is one when it is whole", () => {
    expect(whole(field("2026-11-30"))).toBe("2026-11-30");
    expect(whole(field(""))).toBeNull();
    for (const part of [field("", true), field("0002-11-30"), field("0202-11-30"), field("20261-11-30")])
      expect(whole(part)).toBeUndefined();
  });

  it("leaves the other one alone, and itself while it is typed in part", () => {
    const held = { from: "2026-11-01", to: "2026-11-30" };
    expect(named(held, { from: field("2026-10-01") })).toEqual({ from: "2026-10-01", to: "2026-11-30" });
    expect(named(held, { from: field("2026-10-01"), to: field("", true) })).toEqual({ ...held, from: "2026-10-01" });
    expect(named(held, { from: undefined, to: field("") })).toEqual({ from: "2026-11-01", to: null });
  });

  it("stands in the address; without any, all days are meant", () => {
    expect(address({ from: "2026-11-01", to: null })).toEqual({ from: "2026-11-01", to: null, days: null });
    expect(address({ from: null, to: null }).days).toBe("all");
  });
});

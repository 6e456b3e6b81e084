import { expect, test } from "vitest";

import type { Version } from "./api";
import { grouped, scopeWords } from "./group";

const version = (name: string, scope: Record<string, unknown>, live = false) =>
  ({ version: name, cascade_id: "classify", cell_name: "label", scope, live }) as Version;

test("a cell has a set for each scope, its versions in the order they came", () => {
  const sets = grouped([version("c", { labels: ["x"] }), version("b", {}), version("a", { labels: ["x"] })]);
  expect(sets.map((set) => set.versions.map((one) => one.version))).toEqual([["c", "a"], ["b"]]);
});

test("calls learn from the version that was chosen, else from the newest", () => {
  expect(grouped([version("b", {}), version("a", {}, true)])[0]).toMatchObject({ used: { version: "a" }, held: true });
  expect(grouped([version("b", {}), version("a", {})])[0]).toMatchObject({ used: { version: "b" }, held: false });
});

test("a scope in words", () => {
  expect(scopeWords({ labels: ["a", "b"], language: "en" })).toBe("labels: a, b · language: en");
});

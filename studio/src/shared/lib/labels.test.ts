import { expect, test } from "vitest";

import { holds, labelled, labels } from "./labels";

const given = (answer: unknown, inputs: Record<string, unknown>, corrected_output: unknown = null) => ({
  answer,
  inputs,
  corrected_output,
});

test("true and false of a yes-or-no answer", () => {
  expect(labels(given(false, { text: "x" }))).toEqual([true, false]);
});

test("labels that the call was given, as a list or as text", () => {
  expect(labels(given("a", { labels: ["a", "b"] }))).toEqual(["a", "b"]);
  expect(labels(given("a", { categories: "a, b,c" }))).toEqual(["a", "b", "c"]);
  expect(labels(given("b", { teams: ["a", "b"] }))).toEqual(["a", "b"]);
});

test("none where anything may be answered", () => {
  expect(labels(given("a poem", { prompt: "a, b", notes: ["x", "y"] }))).toEqual([]);
  expect(labels(given(0.5, { labels: ["a", "b"] }))).toEqual([]);
});

test("a correction holds, also one that is false", () => {
  expect(holds(given(true, {}, false))).toBe(false);
  expect(holds(given(true, {}))).toBe(true);
});

test("the answer as it was given is no correction, and takes one back", () => {
  expect(labelled(given("a", {}), "b")).toEqual({ trainable: true, verified: true, corrected_output: "b" });
  expect(labelled(given("a", {}), "a")).toEqual({ trainable: true, verified: true });
  expect(labelled(given("a", {}, "b"), "a")).toEqual({ trainable: true, verified: true, corrected_output: null });
});

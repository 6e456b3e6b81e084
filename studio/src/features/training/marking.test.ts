import { expect, test } from "vitest";

import type { Example } from "@/shared/api/client";

import { labelled, toggled } from "./marking";

const asked = (more: Partial<Example>) => ({ answer: true, inputs: {}, corrected_output: null, ...more }) as Example;

test("the label that was answered is confirmed, another one corrects", () => {
  expect(labelled(asked({}), 1)?.[0]).toEqual({ trainable: true, verified: true });
  expect(labelled(asked({}), 2)?.[0]).toEqual({ trainable: true, verified: true, corrected_output: false });
});

test("a correction is taken back by the label that was answered", () => {
  expect(labelled(asked({ corrected_output: false }), 1)?.[0].corrected_output).toBeNull();
});

test("a key without a label does nothing", () => {
  expect(labelled(asked({}), 3)).toBeNull();
});

test("a switch is switched", () => {
  expect(toggled(asked({ trainable: true }), "trainable")).toEqual([{ trainable: false }, "not trainable"]);
});

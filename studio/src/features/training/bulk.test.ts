import { expect, test } from "vitest";

import type { Example } from "@/shared/api/client";

import { type Selected, size, together } from "./bulk";

const rows = (...trainable: boolean[]): Selected => ({
  rows: trainable.map((on) => ({ trainable: on, verified: !on }) as Example),
});

test("several are switched on together, and off only where all are on", () => {
  expect(together(rows(true, false), "trainable")).toEqual([{ trainable: true }, "made trainable"]);
  expect(together(rows(true, true), "trainable")).toEqual([{ trainable: false }, "made not trainable"]);
  expect(together(rows(true, true), "verified")).toEqual([{ verified: true }, "verified"]);
});

test("everything a filter finds is switched on: nobody has seen all of it", () => {
  expect(together({ filter: {}, total: 9 }, "verified")).toEqual([{ verified: true }, "verified"]);
});

test("how many are selected", () => {
  expect([size(rows(true, true)), size({ filter: {}, total: 20_000 })]).toEqual([2, 20_000]);
});

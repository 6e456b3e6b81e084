import { QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { api } from "@/shared/api/client";
import { queries } from "@/shared/api/queries";

import { useValidated } from "./api";

const POST = vi.spyOn(api, "POST");

/** What is asked about, and its answer when the test gives one. */
let asked: { yaml: string; answer: (problems: string[]) => void; fail: () => void }[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  POST.mockReset().mockImplementation(((_: string, { body }: { body: { yaml: string } }) => {
    return new Promise((resolve, reject) => {
      const answer = (problems: string[]) => resolve({ data: { ok: problems.length === 0, problems } });
      asked.push({ yaml: body.yaml, answer, fail: () => reject(new Error("gone")) });
    });
  }) as never);
});
afterEach(() => {
  vi.useRealTimers();
  queries.clear();
});

const pass = (milliseconds: number) => act(() => vi.advanceTimersByTimeAsync(milliseconds));

/** An editor in which `first` was found to be as the server says. */
async function opened(first: string, problems: string[] = []) {
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={queries}>{children}</QueryClientProvider>
  );
  const hook = renderHook(useValidated, { initialProps: first, wrapper });
  await pass(0);
  asked[0]?.answer(problems);
  await pass(10);
  return { type: hook.rerender, now: () => [hook.result.current.checked, hook.result.current.known?.problems] };
}

test("a text is checked from its own answer on, and not by that of the text before", async () => {
  const { type, now } = await opened("a: 1");
  expect(now()).toEqual(["yes", []]);
  type("a: 2");
  expect(now()).toEqual(["not yet", []]);
  await pass(299);
  expect(asked).toHaveLength(1);
  await pass(1);
  expect(asked.map(({ yaml }) => yaml)).toEqual(["a: 1", "a: 2"]);
  expect(now()).toEqual(["not yet", []]);
  asked[1]?.answer(["wrong"]);
  await pass(10);
  expect(now()).toEqual(["yes", ["wrong"]]);
});

test("an answer that comes when one has typed on is of no text any more", async () => {
  const { type, now } = await opened("a: 1", ["wrong"]);
  type("a: 2");
  await pass(300);
  type("a: 3");
  asked[1]?.answer([]);
  await pass(10);
  expect(now()).toEqual(["not yet", []]);
  await pass(300);
  asked[2]?.answer([]);
  await pass(10);
  expect(now()).toEqual(["yes", []]);
});

test("nothing is known of no text", async () => {
  const { type, now } = await opened("a: 1");
  type(" ");
  await pass(400);
  expect(now()).toEqual(["not yet", undefined]);
  expect(asked).toHaveLength(1);
});

test("where the server does not say, nobody is checking", async () => {
  const { type, now } = await opened("a: 1");
  type("a: 2");
  await pass(300);
  asked[1]?.fail();
  await pass(10);
  expect(now()).toEqual(["no", undefined]);
});

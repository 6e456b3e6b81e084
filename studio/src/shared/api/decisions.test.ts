import { beforeEach, expect, test, vi } from "vitest";

import { say } from "@/shared/ui/toasts";

import { api } from "./client";
import { decide, undo } from "./decisions";

const POST = vi.spyOn(api, "POST");
const failed = vi.spyOn(say, "failed");

/** Requests as they were sent and are answered only when the test says so. */
let sent: { what: string; answer: (refusal?: Error) => void }[] = [];

beforeEach(() => {
  sent = [];
  failed.mockReset();
  POST.mockReset().mockImplementation(((path: string, { body }: { body: { undo?: string; notes?: string } }) => {
    const what = path === "/api/training/undo" ? `undo ${body.undo}` : `${body.notes}`;
    return new Promise((resolve, reject) => {
      const data = { updated: 1, undo: `of ${body.notes}` };
      sent.push({ what, answer: (refusal) => (refusal === undefined ? resolve({ data }) : reject(refusal)) });
    });
  }) as never);
});

const mark = (notes: string) => decide({ trace_ids: ["a"] }, { notes }, notes);
const names = () => sent.map(({ what }) => what);
/** Until so many were sent; that no more follow is what `names` says then. */
const reached = (count: number) => vi.waitFor(() => expect(sent).toHaveLength(count));

async function decided(...all: string[]): Promise<void> {
  for (const notes of all) {
    const marked = mark(notes);
    await reached(1);
    sent.pop()?.answer();
    await marked;
  }
}

test("of two undos at once the second is sent when the first was answered", async () => {
  await decided("one", "two");
  const both = [undo(), undo()];
  await reached(1);
  await new Promise((later) => setTimeout(later, 20));
  expect(names()).toEqual(["undo of two"]);
  sent[0]?.answer();
  await reached(2);
  expect(names()).toEqual(["undo of two", "undo of one"]);
  sent[1]?.answer();
  expect(await Promise.all(both)).toEqual(["of two", "of one"]);
});

test("an undo takes back the decision before it, though that one is still on its way", async () => {
  await decided("earlier");
  const marked = mark("newest");
  const undone = undo();
  await reached(1);
  sent[0]?.answer();
  await marked;
  await reached(2);
  sent[1]?.answer();
  expect(await undone).toBe("of newest");
  void undo();
  await reached(3);
  sent[2]?.answer();
  expect(names()).toEqual(["newest", "undo of newest", "undo of earlier"]);
});

test("an undo that fails is told, and what waits behind it goes on", async () => {
  await decided("one");
  const refused = undo();
  const again = undo();
  await reached(1);
  sent[0]?.answer(new Error("gone"));
  expect(await refused).toBeNull();
  expect(failed).toHaveBeenCalledExactlyOnceWith("Not undone", new Error("gone"));
  await reached(2);
  sent[1]?.answer();
  expect(await again).toBe("of one");
});

test("a decision that is refused throws, and the next is sent", async () => {
  const refused = mark("one");
  const next = mark("two");
  await reached(1);
  sent[0]?.answer(new Error("no"));
  await expect(refused).rejects.toThrow("no");
  await reached(2);
  sent[1]?.answer();
  expect(await next).toBe(1);
});

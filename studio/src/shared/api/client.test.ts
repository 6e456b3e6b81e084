import { beforeEach, expect, test, vi } from "vitest";

import { give, needed, token } from "./token";

// a page has a base for relative addresses, a test has none
const Real = Request;
vi.stubGlobal("Request", function (path: string, init?: RequestInit) {
  return new Real(new URL(path, "http://here"), init);
});
const { api, raw } = await import("./client");

/** Answers what was sent last. */
let answered: (response: Response) => void;
const sent = vi.fn<typeof fetch>(() => new Promise((resolve) => (answered = resolve)));
vi.stubGlobal("fetch", sent);

const refusal = () => new Response('{"error": {"code": "unauthorized", "message": "no"}}', { status: 401 });

beforeEach(() => {
  sent.mockClear();
  give("old");
});

test.each([
  ["a typed request", () => api.GET("/api/tables")],
  ["a raw one", () => raw("/api/tables")],
])("%s that is refused drops the token it was sent with, and no other", async (_, ask) => {
  const first = ask();
  await vi.waitFor(() => expect(sent).toHaveBeenCalledTimes(1));
  give("new");
  answered(refusal());
  await expect(first).rejects.toThrow("no");
  expect([token.get(), needed.get()]).toEqual(["new", ""]);

  const second = ask();
  await vi.waitFor(() => expect(sent).toHaveBeenCalledTimes(2));
  answered(refusal());
  await expect(second).rejects.toThrow("no");
  expect([token.get(), needed.get()]).toEqual([null, "wrong"]);
});

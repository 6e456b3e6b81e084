import { beforeEach, expect, test } from "vitest";

import { give, needed, refused, token } from "./token";

beforeEach(() => {
  give("old");
});

test("a refused token is dropped, and asked for as a wrong one", () => {
  refused("old");
  expect([token.get(), sessionStorage.getItem("rvbbit.token"), needed.get()]).toEqual([null, null, "wrong"]);
});

test("none is asked for where none was sent", () => {
  token.set(null);
  refused(null);
  expect([token.get(), needed.get()]).toEqual([null, "none"]);
});

test.each(["old", null])("a late refusal of %j leaves the token that was given meanwhile", (held) => {
  refused("old");
  give("new");
  refused(held);
  expect([token.get(), sessionStorage.getItem("rvbbit.token"), needed.get()]).toEqual(["new", "new", ""]);
});

test("a wrong one stays a wrong one, whatever else was refused with it", () => {
  refused("old");
  refused("old");
  refused(null);
  expect(needed.get()).toBe("wrong");
});

import { expect, test } from "vitest";

import { store } from "./store";

test("one that subscribes while a value is told has seen it", () => {
  const value = store(0);
  let told = 0;
  const again = () => {
    told += 1;
    value.subscribe(again);
  };
  value.subscribe(again);
  value.set(1);
  expect(told).toBe(1);
});

test("the same value tells nobody", () => {
  const value = store("a");
  value.subscribe(() => expect.unreachable());
  value.set("a");
  expect(value.get()).toBe("a");
});

import { expect, test } from "vitest";

import { untilSignal } from "./outlook";

test("before the first signal the decisions to it are counted, with those made since", () => {
  expect(untilSignal({ until: 40, reviewed: 10, left: 400 }, 5)).toBe("35 decisions to the first stop signal");
  expect(untilSignal({ until: 1, reviewed: 49, left: 400 }, 3)).toBe("1 decision to the first stop signal");
});

test("afterwards it is an estimate, and says so", () => {
  expect(untilSignal({ until: 120, reviewed: 80, left: 400 }, 20)).toBe("About 100 decisions to the stop signal");
  expect(untilSignal({ until: 400, reviewed: 80, left: 400 }, 0)).toBe("All 400 that are left may help");
});

test("where it cannot be told, what is left stands there", () => {
  expect(untilSignal({ until: null, reviewed: 80, left: 400 }, 0)).toBe("No stop signal yet, 400 left");
  expect(untilSignal({ until: null, reviewed: 80, left: 0 }, 0)).toBe("Nothing is left");
});

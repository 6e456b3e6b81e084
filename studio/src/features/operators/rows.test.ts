import { expect, test } from "vitest";

import { fitted, rows, sample } from "./rows";

const PARAMETERS = [
  { name: "text", type: "VARCHAR" },
  { name: "labels", type: "VARCHAR[]" },
];

test("a row is an object, or the text of the first argument", () => {
  expect(rows('a text\n\n{"text": "b", "labels": ["x"]}', PARAMETERS)).toEqual([
    { text: "a text" },
    { text: "b", labels: ["x"] },
  ]);
  expect(() => rows("{broken", PARAMETERS)).toThrow("row 1 is no JSON");
});

test("a row to begin with has every argument", () => {
  expect(rows(sample(PARAMETERS), PARAMETERS)).toEqual([{ text: "some text", labels: ["one", "other"] }]);
});

test("rows of a table are its columns by their names, and the longest text else", () => {
  const table = [{ id: 1, body: "a parcel is late", labels: ["a"] }];
  expect(rows(fitted(table, PARAMETERS), PARAMETERS)).toEqual([{ text: "a parcel is late", labels: ["a"] }]);
  expect(fitted([{ n: 3 }], [{ name: "n", type: "BIGINT" }])).toBe('{"n":3}');
});

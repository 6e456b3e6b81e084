import { describe, expect, it } from "vitest";

import { compare, numeric, telling, text } from "./cells";
import { csv, reads } from "./download";

describe("a value in the grid", () => {
  it("is written without the noise of doubles", () => {
    expect(text(0.1 + 0.2)).toBe("0.3");
    expect(text("9007199254740993")).toBe("9007199254740993");
    expect(text({ a: [1, null] })).toBe('{"a":[1,null]}');
    expect(text(null)).toBe("NULL");
  });

  it("is a number by its type, also where it came as text", () => {
    expect(["BIGINT", "UTINYINT", "HUGEINT", "INTEGER", "DECIMAL(38,3)", "DOUBLE"].every(numeric)).toBe(true);
    expect(["VARCHAR", "INTERVAL", "BIGINT[]", "POINT"].some(numeric)).toBe(false);
    expect(compare("10000000000000000000", 9, "HUGEINT")).toBeGreaterThan(0);
    expect(compare(null, 1, "BIGINT")).toBeGreaterThan(0);
  });

  it("that tells most of a row is its longest text", () => expect(telling([1, "a", "abc", null])).toBe("abc"));
});

describe("a file", () => {
  it("of CSV keeps quotes, commas and lines", () => {
    const columns = [
      { name: "a,b", type: "VARCHAR" },
      { name: "n", type: "BIGINT" },
    ];
    expect(
      csv({
        columns,
        rows: [
          ['say "hi"\n', 1],
          [null, null],
        ],
      }),
    ).toBe('"a,b",n\r\n"say ""hi""\n",1\r\n,\r\n');
  });

  it("is made by a second run only of what changes nothing", () => {
    expect(reads("SELECT 'delete it' AS a -- drop\nFROM t")).toBe(true);
    expect(reads("WITH a AS (SELECT 1) INSERT INTO t FROM a RETURNING *")).toBe(false);
    expect(reads("SELECT 1; DROP TABLE t")).toBe(false);
  });
});

import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { at, path, type Root } from "./complete";

const SCHEMA = JSON.parse(readFileSync("../src/rvbbit/cascades/cascade.schema.json", "utf8")) as Root;
const keys = (where: readonly string[]) => at(SCHEMA, where).flatMap((node) => Object.keys(node.properties ?? {}));

test("the keys above a line, by indentation", () => {
  expect(path(["cascade_id: x", "cells:", "  - name: a"], 4)).toEqual(["cells"]);
  expect(path(["sql_function:", "  name: x", "  args:", "    - name: text"], 6)).toEqual(["sql_function", "args"]);
  expect(path(["cells:", "  - name: a"], 0)).toEqual([]);
});

test("the schema says what may stand there", () => {
  expect(keys([])).toEqual(expect.arrayContaining(["cascade_id", "cells", "sql_function"]));
  expect(keys(["cells"])).toEqual(expect.arrayContaining(["instructions", "output_schema", "use_training"]));
  expect(keys(["sql_function", "args"])).toContain("type");
});

import { expect, it } from "vitest";

import { samples } from "./samples";

it("samples name a table and a text that are there", () => {
  const found = samples([
    { schema_name: "rvbbit", name: "query_log", columns: ["sql", "text"], types: ["VARCHAR", "VARCHAR"] },
    { schema_name: "main", name: 'My "t"', columns: ["id", "body"], types: ["BIGINT", "VARCHAR"] },
  ]);
  expect(found[0]).toContain(`SELECT body FROM "My ""t""" WHERE body MEANS`);
  expect(samples([])[0]).toContain("CREATE TABLE");
});

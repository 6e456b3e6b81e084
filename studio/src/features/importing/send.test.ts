import { expect, test } from "vitest";

import { landed, query } from "./send";

test("what is said of the file, and nothing else", () => {
  const asked = {
    file: new File([""], "a b.csv"),
    format: "auto",
    cascade_id: "c",
    cell_name: "",
    map: { q: "user_input", x: "" },
    dry_run: true,
  };
  expect(query(asked)).toBe("name=a+b.csv&format=auto&dry_run=true&cascade_id=c&map=q%3Duser_input");
});

test("the newest whole line says how far it is", () => {
  expect(landed('{"event":"query"}\n{"event":"progress","done":5}\n{"event":"progr')).toBe(5);
  expect(landed("")).toBe(0);
});

import { CompletionContext } from "@codemirror/autocomplete";
import { EditorState } from "@codemirror/state";
import { describe, expect, it } from "vitest";

import { forms, help, type Operator, quoted, schema, source, type Table, words } from "./completion";

const MEANS: Operator = {
  name: "means",
  cascade_id: "means",
  patterns: ["{{ text }} MEANS {{ criterion }}"],
  parameters: [{ name: "text", type: "VARCHAR", optional: false, default: null, description: "what is judged" }],
  returns: "BOOLEAN",
  shape: "scalar",
  threshold: null,
  description: "Whether a text meets a criterion.",
  origin: "means.cascade.yaml",
  builtin: true,
  cells: ["judge"],
};
const ASK: Operator = { ...MEANS, name: "ask", patterns: ["ASK({{ text }}, {{ question }})"] };
const TABLES: Table[] = [
  { schema_name: "main", name: "questions", columns: ["id", "text"], types: ["BIGINT", "VARCHAR"] },
  { schema_name: "rvbbit", name: "query_log", columns: ["sql"], types: ["VARCHAR"] },
];

const complete = (text: string): string[] => {
  const state = EditorState.create({ doc: text });
  const found = source(TABLES, [MEANS, ASK])(new CompletionContext(state, text.length, true));
  return found === null ? [] : found.options.map((option) => option.label);
};

it("tables of other schemas are named with theirs", () =>
  expect(schema(TABLES)).toEqual({ questions: ["id", "text"], "rvbbit.query_log": ["sql"] }));

it("the words of patterns are keywords", () => expect(words([MEANS, ASK])).toEqual(["ASK", "MEANS"]));

describe("completion", () => {
  it("has operators, from their first word on, with their help", () => {
    expect(forms(MEANS)[0]).toMatchObject({ label: "MEANS criterion", detail: "BOOLEAN" });
    expect(forms(ASK)[0]?.apply).toBe("ASK(");
    expect(help(MEANS)).toContain("text VARCHAR – what is judged");
  });

  it("has the columns of tables that are named, and of no others", () => {
    expect(complete("SELECT te FROM questions WHERE te")).toContain("text");
    expect(complete("SELECT te")).not.toContain("text");
  });

  it("is silent in strings and comments, and has hints after -- @", () => {
    expect(complete("SELECT 'me")).toEqual([]);
    expect(complete("SELECT 1 -- me")).toEqual([]);
    expect(complete("-- @ mo")).toContain("model:");
    expect(quoted("SELECT 'it''s' -- done\n, ")).toBe(false);
  });
});

/** What may stand where one types: columns of the tables that are named, operators with their help. Tables and keywords the language knows. */
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";

import type { Schemas } from "@/shared/api/client";

export type Table = Schemas["Table"];
export type Operator = Schemas["OperatorShown"];

/** Names for the language's own completion: those of `main` as they are, others behind their schema. */
export function schema(tables: readonly Table[]): Record<string, string[]> {
  return Object.fromEntries(
    tables.map((table) => [
      table.schema_name === "main" ? table.name : `${table.schema_name}.${table.name}`,
      table.columns,
    ]),
  );
}

/** The words of all patterns, to be coloured as keywords: MEANS, NOT, CLASSIFY. */
export function words(operators: readonly Operator[]): string[] {
  const found = operators.flatMap((operator) =>
    operator.patterns.flatMap((pattern) => pattern.replaceAll(/\{\{.*?\}\}/g, " ").match(/[A-Za-z_]+/g) ?? []),
  );
  return [...new Set(found.map((word) => word.toUpperCase()))].sort();
}

/** A pattern as it is written down: `text MEANS 'criterion'`, the slots marked for the tab key's eye. */
export const shape = (pattern: string): string => pattern.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, "$1");

/** Every way to write an operator, from its first word on; what stands before it is typed already. */
export function forms(operator: Operator): Completion[] {
  return operator.patterns.map((pattern) => {
    const label = shape(pattern.replace(/^\s*\{\{.*?\}\}\s*/, ""));
    return {
      label,
      apply: label.replace(/\(.*\)$/, "("),
      type: "function",
      detail: operator.returns,
      info: help(operator),
      boost: 2,
    };
  });
}

export function help(operator: Operator): string {
  const parameters = operator.parameters.map(
    ({ name, type, optional, description }) =>
      `${name} ${type}${optional ? "?" : ""}${description === "" ? "" : ` – ${description}`}`,
  );
  return [operator.description, operator.patterns.map(shape).join("  or  "), ...parameters, `gives ${operator.returns}`]
    .filter((line) => line !== "")
    .join("\n");
}

export function columns(tables: readonly Table[], text: string): Completion[] {
  const named = new Set(text.toLowerCase().match(/\w+/g) ?? []);
  return tables
    .filter((table) => named.has(table.name.toLowerCase()))
    .flatMap((table) =>
      table.columns.map((label, place) => ({
        label,
        type: "property",
        detail: `${table.name} · ${table.types[place] ?? ""}`,
        boost: 3,
      })),
    );
}

const HINT = /--\s*@@?\s*\w*$/;
/** Behind `-- @`, for the next expression; behind `-- @@`, for the whole query. */
const HINTS: Completion[] = [
  { label: "model:", info: "provider:model" },
  { label: "budget:", info: "USD that it may cost at most" },
  { label: "training:", info: "off: ask without examples; or a version of the set, or its tag" },
  { label: "threshold:", info: "from which score on ABOUT and SIMILAR_TO hold, 0 to 1" },
  { label: "on_error:", info: "null: a row whose answer fails is NULL; raise: the query fails" },
  { label: "pack:", info: "how many rows a request may carry; off: one" },
  { label: "batch", info: "ask the provider's batch API: half the price, an answer within a day" },
  { label: "rounds:", info: "few: fewer waits; many: fewer calls, where LIMIT or EXISTS stops early" },
  { label: "judge:", info: "likely or all candidates of the best few" },
  { label: "blocking:", info: "which near pairs a join asks about: a recall from 0 to 1; off: all pairs" },
  { label: "factorize:", info: "labels in place of pairs: off, unchecked, or which share of a sample must agree" },
  { label: "accuracy:", info: "0 to 1: the student answers where that much is sure, the model the rest" },
  { label: "precision:", info: "0 to 1: as accuracy, of the rows that are found" },
  { label: "recall:", info: "0 to 1: as accuracy, of the rows there are to find" },
  { label: "delta:", info: "the chance that a target is missed, 0.05 where nothing is said" },
  { label: "against:", info: "what a target is held against: model, or the answers that were verified" },
  { label: "interval:", info: "0 to 1: columns _low and _high beside counts and means, at that level" },
  { label: "sample:", info: "how many questions are asked for an interval, or pairs to check labels" },
].map((hint) => ({ ...hint, type: "keyword" }));

export function source(tables: readonly Table[], operators: readonly Operator[]) {
  const all = operators.flatMap(forms);
  return (context: CompletionContext): CompletionResult | null => {
    const word = context.matchBefore(/[A-Za-z_]\w*$/);
    if (context.matchBefore(HINT) !== null) return { from: word?.from ?? context.pos, options: HINTS };
    if (word === null && !context.explicit) return null;
    const from = word?.from ?? context.pos;
    if (context.state.sliceDoc(from - 1, from) === ".") return null;
    if (quoted(context.state.sliceDoc(0, from))) return null;
    return { from, options: [...columns(tables, context.state.doc.toString()), ...all], validFor: /^\w*$/ };
  };
}

/** Whether the text ends inside of a string or a comment. */
export function quoted(text: string): boolean {
  const rest = text.replaceAll(/'(?:[^']|'')*'|"[^"]*"|--[^\n]*\n|\/\*[\s\S]*?\*\//g, "");
  return /['"]|--|\/\*/.test(rest);
}

/** Operators, their files, and trying them. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { answer, api, raw, type Schemas } from "@/shared/api/client";
import { queries } from "@/shared/api/queries";

export type Operator = Schemas["OperatorShown"];
export type Signature = Schemas["Signature"];
export type Cascade = Schemas["CascadeShown"];
export type Outcomes = Schemas["Outcomes"];
export type Validated = Schemas["Validated"];

/** Milliseconds without a key before a text is looked at. */
const PAUSE = 300;

export const useOperators = () =>
  useQuery({ queryKey: ["operators"], queryFn: () => answer(api.GET("/api/operators")) });

export const useCascade = (cascade_id: string, enabled = true) =>
  useQuery({
    queryKey: ["cascade", cascade_id],
    queryFn: () => answer(api.GET("/api/cascades/{cascade_id}", { params: { path: { cascade_id } } })),
    placeholderData: undefined,
    // a file that is being edited is not replaced under the hands
    staleTime: Infinity,
    enabled,
  });

/** `fingerprint`: of the file that was edited; null for one that was not there. The server refuses where somebody wrote another meanwhile. */
export async function save(cascade_id: string, yaml: string, fingerprint: string | null): Promise<Cascade> {
  const saved = await answer(
    api.PUT("/api/cascades/{cascade_id}", {
      params: { path: { cascade_id } },
      body: { yaml, fingerprint: fingerprint ?? "" },
    }),
  );
  queries.setQueryData(["cascade", cascade_id], saved);
  await queries.invalidateQueries({ queryKey: ["operators"] });
  return saved;
}

/** The JSON Schema of a file, for completion. It does not change while a server runs. */
export const useSchema = () =>
  useQuery({
    queryKey: ["cascade schema"],
    queryFn: () => answer(api.GET("/api/cascades/schema")),
    staleTime: Infinity,
  }).data;

export interface Checked {
  /** Of the text that was looked at last. While one types that is a text before, so that what is shown beside does not jump. */
  known: Validated | undefined;
  /** Whether `known` is of the very text; "no" where the server could not say. */
  checked: "yes" | "no" | "not yet";
}

/** What is wrong with a text, as one types. */
export function useValidated(yaml: string): Checked {
  const [text, setText] = useState(yaml);
  useEffect(() => {
    const timer = setTimeout(() => setText(yaml), PAUSE);
    return () => clearTimeout(timer);
  }, [yaml]);
  const { data, error, isPlaceholderData } = useQuery({
    queryKey: ["validated", text],
    queryFn: () => answer(api.POST("/api/cascades/validate", { body: { yaml: text } })),
    enabled: text.trim() !== "",
    gcTime: 30_000,
  });
  if (yaml.trim() === "") return { known: undefined, checked: "not yet" };
  const late = text !== yaml || isPlaceholderData;
  return { known: data, checked: late ? "not yet" : data !== undefined ? "yes" : error !== null ? "no" : "not yet" };
}

/** A few rows of a table of the project's own, by its columns. */
export async function few(table: string, most: number): Promise<Record<string, unknown>[]> {
  const name = `"${table.replaceAll('"', '""')}"`;
  const response = await raw("/api/sql", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ sql: `FROM ${name} LIMIT ${most}` }),
  });
  const { columns, rows } = (await response.json()) as Schemas["Rows"];
  return rows.map((row) => Object.fromEntries(columns.map((column, place) => [column.name, row[place]])));
}

export const useTables = () =>
  useQuery({
    queryKey: ["tables"],
    queryFn: () => answer(api.GET("/api/tables")),
    select: ({ tables }) => tables.filter((table) => table.schema_name === "main").map((table) => table.name),
  }).data ?? [];

/** The test cases of a text that is not saved. */
export async function test(yaml: string): Promise<Outcomes> {
  const response = await raw("/api/operators/test", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ yaml }),
  });
  return (await response.json()) as Outcomes;
}

export interface Ran {
  output: unknown;
  trace_ids: string[];
  usage: { cost_usd: number | null; seconds: number; cached: number };
}

/** One run of a text that is not saved. */
export async function run(yaml: string, inputs: Record<string, unknown>): Promise<Ran> {
  const response = await raw("/api/run", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ yaml, inputs }),
  });
  return (await response.json()) as Ran;
}

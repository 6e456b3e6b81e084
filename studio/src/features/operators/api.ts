/** Operators, their files, and trying them. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { answer, api, raw, type Schemas } from "@/shared/api/client";
import { queries } from "@/shared/api/queries";

export type Operator = Schemas["OperatorShown"];
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

export async function save(cascade_id: string, yaml: string): Promise<Cascade> {
  const saved = await answer(
    api.PUT("/api/cascades/{cascade_id}", { params: { path: { cascade_id } }, body: { yaml } }),
  );
  queries.setQueryData(["cascade", cascade_id], saved);
  await queries.invalidateQueries({ queryKey: ["operators"] });
  return saved;
}

/** What is wrong with a text, as one types. */
export function useValidated(yaml: string): Validated | undefined {
  const [text, setText] = useState(yaml);
  useEffect(() => {
    const timer = setTimeout(() => setText(yaml), PAUSE);
    return () => clearTimeout(timer);
  }, [yaml]);
  return useQuery({
    queryKey: ["validated", text],
    queryFn: () => answer(api.POST("/api/cascades/validate", { body: { yaml: text } })),
    enabled: text.trim() !== "",
    gcTime: 30_000,
  }).data;
}

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

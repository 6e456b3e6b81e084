/** What calls took, added up by the server; and the text of queries. */
import { useQuery } from "@tanstack/react-query";

import { answer, api } from "@/shared/api/client";
import { live, POLL } from "@/shared/api/events";
import { useStore } from "@/shared/lib/store";

import { type Range, moments } from "./range";

export type By = "day" | "model" | "cascade" | "query";

export function useCosts(by: By, range: Range) {
  const connected = useStore(live);
  return useQuery({
    queryKey: ["costs", by, range],
    queryFn: () => answer(api.GET("/api/costs", { params: { query: { by, ...moments(range), limit: 10_000 } } })),
    refetchInterval: connected ? false : POLL,
  });
}

/** What the newest queries of the range say, by their ids. */
export function useTexts(range: Range) {
  return useQuery({
    queryKey: ["queries", "texts", range],
    queryFn: async () => {
      const { queries } = await answer(
        api.GET("/api/queries", { params: { query: { ...moments(range), limit: 1_000 } } }),
      );
      return new Map(queries.map((query) => [query.query_id, query.sql]));
    },
  });
}

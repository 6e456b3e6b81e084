/** One execution, whole, and what is close to it. */
import { useQuery } from "@tanstack/react-query";

import { answer, api } from "@/shared/api/client";
import { useEvents } from "@/shared/api/events";
import { queries } from "@/shared/api/queries";

export function useExecution(trace_id: string) {
  useEvents(["decision", "score"], ({ data }) => {
    const ids = data.trace_ids;
    if (!Array.isArray(ids) || ids.length === 0 || ids.includes(trace_id))
      void queries.invalidateQueries({ queryKey: ["example", trace_id] });
  });
  return useQuery({
    queryKey: ["example", trace_id],
    queryFn: () => answer(api.GET("/api/training/examples/{trace_id}", { params: { path: { trace_id } } })),
  });
}

export const useSimilar = (trace_id: string) =>
  useQuery({
    queryKey: ["similar", trace_id],
    queryFn: () => answer(api.GET("/api/training/examples/{trace_id}/similar", { params: { path: { trace_id } } })),
    placeholderData: undefined,
  });

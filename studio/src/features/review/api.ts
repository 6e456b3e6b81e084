/** The queue of a cell, and what contradicts in it. */
import { useQuery } from "@tanstack/react-query";

import { answer, api, type Schemas } from "@/shared/api/client";

export type Item = Schemas["Item"];
export type Queue = Schemas["ReviewQueue"];
export type Order = "value" | "random" | "newest";
export type Contradiction = Schemas["Contradiction"];

export interface Cell {
  cascade_id: string;
  cell_name: string;
}

/** Items fetched at once: enough to go on while the next ones come. */
const AHEAD = 40;

export const fetchQueue = (cell: Cell | null, order: Order): Promise<Queue> =>
  answer(
    api.GET("/api/training/review", {
      params: { query: { cascade_id: cell?.cascade_id, cell_name: cell?.cell_name, order, limit: AHEAD } },
    }),
  );

export const useStats = () =>
  useQuery({ queryKey: ["stats"], queryFn: () => answer(api.GET("/api/training/stats")), staleTime: 30_000 });

export const useContradictions = (cell: Cell | null) =>
  useQuery({
    queryKey: ["contradictions", cell?.cascade_id, cell?.cell_name],
    queryFn: () =>
      answer(
        api.GET("/api/training/contradictions", {
          params: { query: { cascade_id: cell?.cascade_id ?? "", cell_name: cell?.cell_name ?? "" } },
        }),
      ),
    enabled: cell !== null,
    placeholderData: undefined,
  });

export const choose = (trace_id: string) => answer(api.POST("/api/training/choose", { body: { trace_id } }));

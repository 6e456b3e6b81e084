/** What a query may name, what was asked before, and what a query's calls were. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { answer, api } from "@/shared/api/client";

export const useTables = () =>
  useQuery({ queryKey: ["tables"], queryFn: () => answer(api.GET("/api/tables")), staleTime: 60_000 });

export const useOperators = () =>
  useQuery({ queryKey: ["operators"], queryFn: () => answer(api.GET("/api/operators")), staleTime: 60_000 });

const PAGE = 50;

export const useHistory = (search: string) =>
  useInfiniteQuery({
    queryKey: ["queries", "history", search],
    queryFn: ({ pageParam }) =>
      answer(
        api.GET("/api/queries", {
          params: {
            query: { limit: PAGE, ...(search !== "" && { search }), ...(pageParam !== null && { cursor: pageParam }) },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

/** One statement of the log; null where it is not there: it asked no model. */
export const useLogged = (id: string | null) =>
  useQuery({
    queryKey: ["queries", "one", id],
    enabled: id !== null,
    placeholderData: undefined,
    queryFn: async () =>
      (await answer(api.GET("/api/queries", { params: { query: { query_id: id, limit: 1 } } }))).queries[0] ?? null,
  });

export interface Asked {
  query: string | null;
  /** Found in arguments or answer; with it, also executions of other queries: their answers are used again. */
  search: string | null;
  unsure: boolean;
}

export const useExecutions = ({ query, search, unsure }: Asked, following: boolean) =>
  useInfiniteQuery({
    queryKey: ["examples", "query", query, search, unsure],
    enabled: query !== null || search !== null,
    placeholderData: undefined,
    refetchInterval: following ? 1_500 : false,
    queryFn: ({ pageParam }) =>
      answer(
        api.GET("/api/training/examples", {
          params: {
            query: {
              limit: PAGE,
              ...(search === null ? { query_id: query } : { search }),
              ...(unsure && { sort: "confidence" as const, order: "asc" as const, scored: true }),
              ...(pageParam !== null && { cursor: pageParam }),
            },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

/** Sessions, one session whole, and one of its calls whole. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { answer, api, type Schemas } from "@/shared/api/client";
import { live, POLL } from "@/shared/api/events";
import { useStore } from "@/shared/lib/store";

import type { Filter } from "./filter";

export type SessionRow = Schemas["SessionRow"];
export type SessionWhole = Schemas["SessionWhole"];
export type Call = Schemas["Call"];
export type Query = Schemas["QueryRow"];

const PAGE = 100;
const CALLS = 5_000;
const useEvery = () => (useStore(live) ? false : POLL);

export const useSessions = (filter: Filter) =>
  useInfiniteQuery({
    queryKey: ["sessions", filter],
    refetchInterval: useEvery(),
    queryFn: ({ pageParam }) =>
      answer(
        api.GET("/api/sessions", {
          params: { query: { ...filter, limit: PAGE, ...(pageParam !== null && { cursor: pageParam }) } },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

/** The calls of a session, oldest first, a page at a time. */
export const useSession = (session_id: string) =>
  useInfiniteQuery({
    queryKey: ["session", session_id],
    placeholderData: undefined,
    queryFn: ({ pageParam }) =>
      answer(
        api.GET("/api/sessions/{session_id}", {
          params: { path: { session_id }, query: { limit: CALLS, ...(pageParam !== null && { cursor: pageParam }) } },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    select: ({ pages }): SessionWhole | undefined =>
      pages[0] && { ...pages[0], calls: pages.flatMap((page) => page.calls), next: pages.at(-1)?.next ?? null },
  });

/** What the whole session came to: not all of its calls need be fetched. */
export const useTotals = (session_id: string) =>
  useQuery({
    queryKey: ["sessions", "one", session_id],
    queryFn: async () => {
      const { sessions } = await answer(
        api.GET("/api/sessions", { params: { query: { search: session_id, limit: 100 } } }),
      );
      return sessions.find((row) => row.session_id === session_id) ?? null;
    },
  });

export const useCall = (trace_id: string | null) =>
  useQuery({
    queryKey: ["example", trace_id],
    enabled: trace_id !== null,
    placeholderData: undefined,
    queryFn: () =>
      answer(api.GET("/api/training/examples/{trace_id}", { params: { path: { trace_id: trace_id ?? "" } } })),
  });

export const useFacets = () =>
  useQuery({
    queryKey: ["facets", {}],
    staleTime: 60_000,
    queryFn: () => answer(api.GET("/api/training/filter-options", { params: { query: {} } })),
  });

/** The sessions whose calls name this one as their caller. */
export const useNested = (caller_id: string) =>
  useQuery({
    queryKey: ["examples", "caller", caller_id],
    queryFn: async () => {
      const { examples } = await answer(
        api.GET("/api/training/examples", { params: { query: { caller_id, limit: 1_000 } } }),
      );
      const found = new Map<string, number>();
      for (const { session_id } of examples)
        if (session_id !== caller_id) found.set(session_id, (found.get(session_id) ?? 0) + 1);
      return [...found].map(([session_id, calls]) => ({ session_id, calls }));
    },
  });

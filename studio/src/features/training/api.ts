/** What the page shows beside the grid. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { answer, api } from "@/shared/api/client";
import { live, POLL } from "@/shared/api/events";
import { useStore } from "@/shared/lib/store";

import type { Filter } from "./filter";

const useEvery = () => (useStore(live) ? false : POLL);

export const useStats = () =>
  useQuery({ queryKey: ["stats"], queryFn: () => answer(api.GET("/api/training/stats")), refetchInterval: useEvery() });

/** The values to filter by, of everything that the rest of the filter finds; asked for when `wanted`, until then those before stay. */
export const useFacets = (filter: Filter, wanted: boolean) =>
  useQuery({
    queryKey: ["facets", filter],
    enabled: wanted,
    placeholderData: keepPreviousData,
    queryFn: () => answer(api.GET("/api/training/filter-options", { params: { query: filter } })),
  });

export const useSets = () => useQuery({ queryKey: ["sets"], queryFn: () => answer(api.GET("/api/training/sets")) });

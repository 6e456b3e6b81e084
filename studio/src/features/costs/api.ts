/** What calls took, added up by the server. */
import { useQuery } from "@tanstack/react-query";

import { answer, api } from "@/shared/api/client";
import { live, POLL } from "@/shared/api/events";
import { useStore } from "@/shared/lib/store";

import { type Range, moments } from "./range";

export type By = "day" | "model" | "cascade" | "source" | "query";

/** `data.range` is what the answer is about: until that of another range has come, the one before. */
export function useCosts(by: By, range: Range) {
  const connected = useStore(live);
  return useQuery({
    queryKey: ["costs", by, range],
    queryFn: async () => {
      const query = { by, ...moments(range), limit: 10_000 };
      return { ...(await answer(api.GET("/api/costs", { params: { query } }))), range };
    },
    refetchInterval: connected ? false : POLL,
  });
}

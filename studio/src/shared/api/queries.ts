/** What was fetched, and when it is fetched again. */
import { keepPreviousData, QueryClient } from "@tanstack/react-query";

import { ApiError } from "./error";

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      placeholderData: keepPreviousData,
      refetchOnWindowFocus: false,
      // what the server refused, it refuses again
      retry: (failed, error) => failed < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 500),
    },
  },
});

/** What the window is like now, as CSS would ask it. */
import { useSyncExternalStore } from "react";

export function useMedia(question: string): boolean {
  const asked = matchMedia(question);
  return useSyncExternalStore(
    (heard) => {
      asked.addEventListener("change", heard);
      return () => asked.removeEventListener("change", heard);
    },
    () => asked.matches,
  );
}

/** No room for two things side by side. */
export const useNarrow = (): boolean => useMedia("(max-width: 900px)");

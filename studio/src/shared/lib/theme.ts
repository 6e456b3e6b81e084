/** Light or dark: what was chosen here, else what the system says. */
import { useEffect } from "react";

import { remembered, useStore } from "./store";

export type Theme = "light" | "dark" | "system";

export const theme = remembered<Theme>("rvbbit.theme", "system");
const system = matchMedia("(prefers-color-scheme: light)");

export const shownTheme = (chosen: Theme): "light" | "dark" =>
  chosen === "system" ? (system.matches ? "light" : "dark") : chosen;

/** Before the first paint, so that nobody who wants it light sees it dark. */
export function showTheme(chosen: Theme = theme.get()): void {
  document.documentElement.dataset.theme = shownTheme(chosen);
}

/** Keep the page's theme what was chosen. */
export function useTheme(): "light" | "dark" {
  const chosen = useStore(theme);
  useEffect(() => {
    const apply = () => showTheme(chosen);
    apply();
    system.addEventListener("change", apply);
    return () => system.removeEventListener("change", apply);
  }, [chosen]);
  return shownTheme(chosen);
}

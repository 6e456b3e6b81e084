/** React elements as plain DOM, for where hundreds are drawn at once: each is made once, and copied. Not while React itself draws. */
import type { ReactElement } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";

/** Copies of an element; what listens to its events is not copied. */
export function drawn(element: ReactElement): () => HTMLElement {
  const place = document.createElement("div");
  const root = createRoot(place);
  flushSync(() => root.render(element));
  const made = place.firstElementChild;
  if (!(made instanceof HTMLElement)) throw new Error("what is drawn must be one element of HTML");
  const kept = made.cloneNode(true) as HTMLElement;
  root.unmount();
  return () => kept.cloneNode(true) as HTMLElement;
}

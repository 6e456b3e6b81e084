/** Keys that do something, never while someone types. */
import { useEffect, useRef } from "react";

/** By key as the browser names it, with `mod+` for Ctrl or ⌘ and `shift+` before letters, digits and named keys: ? is ?, wherever it is. */
export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

const TYPED =
  "input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable=true], .cm-editor";

/** Whether the keys go into a text now. */
export function typing(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(TYPED) !== null;
}

/** The name of what was pressed. */
export function pressed(event: Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "shiftKey">): string {
  const digit = /^Digit([0-9])$/.exec(event.code)?.[1];
  const letter = event.key.length === 1 && event.key.toLowerCase() !== event.key.toUpperCase();
  const key = event.key === " " ? "space" : letter ? event.key.toLowerCase() : event.key;
  const mod = event.ctrlKey || event.metaKey ? "mod+" : "";
  // where digits are typed with shift (AZERTY) it is the digit, and / and ? are themselves (QWERTZ)
  const shifted = event.shiftKey && mod === "" && digit !== undefined && event.key !== digit;
  if (shifted && event.key !== "/" && event.key !== "?") return `shift+${digit}`;
  const shift = event.shiftKey && (mod !== "" || letter || event.key.length > 1) ? "shift+" : "";
  return `${mod}${shift}${key}`;
}

/** Listen while the component is there. A dialog that is open takes all keys. */
export function useKeys(keys: Keys, active = true): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    if (!active) return;
    const heard = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey) return;
      if (
        typing(event.target) ||
        document.querySelector(
          "[role=dialog]:not([aria-modal=false]), [role=alertdialog]:not([aria-modal=false]), [role=menu], [role=listbox]",
        ) !== null
      )
        return;
      const act = latest.current[pressed(event)];
      if (act === undefined) return;
      event.preventDefault();
      act(event);
    };
    document.addEventListener("keydown", heard);
    return () => document.removeEventListener("keydown", heard);
  }, [active]);
}

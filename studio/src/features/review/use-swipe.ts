/** A card under a finger: thrown to the right or to the left, or let go where it was. The mouse has the buttons. */
import { type PointerEvent, useRef } from "react";

/** Share of the card's width after which letting go is a verdict. */
const FAR = 0.28;
/** Pixels before it is a swipe and no tap or scroll. */
const NEAR = 12;

export function useSwipe(swiped: (way: "left" | "right") => void, active: boolean) {
  const start = useRef<{ x: number; y: number; on: boolean } | null>(null);

  const show = (card: HTMLElement, by: number) => {
    card.style.setProperty("--by", `${by}px`);
    card.style.setProperty("--far", `${Math.min(Math.abs(by) / (card.clientWidth * FAR), 1)}`);
    card.dataset.way = by > 0 ? "right" : by < 0 ? "left" : "";
  };
  const end = (card: HTMLElement) => {
    start.current = null;
    show(card, 0);
  };

  return {
    onPointerDown(event: PointerEvent<HTMLElement>) {
      if (!active || event.pointerType === "mouse") return;
      start.current = { x: event.clientX, y: event.clientY, on: false };
    },
    onPointerMove(event: PointerEvent<HTMLElement>) {
      const from = start.current;
      if (from === null) return;
      const [x, y] = [event.clientX - from.x, event.clientY - from.y];
      if (!from.on && Math.abs(y) > Math.abs(x)) {
        if (Math.abs(y) > NEAR) start.current = null;
        return;
      }
      if (!from.on && Math.abs(x) > NEAR) {
        from.on = true;
        event.currentTarget.setPointerCapture(event.pointerId);
      }
      if (from.on) show(event.currentTarget, x);
    },
    onPointerUp(event: PointerEvent<HTMLElement>) {
      const from = start.current;
      const card = event.currentTarget;
      if (from === null) return;
      const by = event.clientX - from.x;
      const far = from.on && Math.abs(by) > card.clientWidth * FAR;
      end(card);
      if (far) swiped(by > 0 ? "right" : "left");
    },
    onPointerCancel: (event: PointerEvent<HTMLElement>) => end(event.currentTarget),
  };
}

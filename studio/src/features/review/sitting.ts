/** One sitting: what waits, what was decided, in which order. Pure; the server is asked elsewhere, and its refusals come back here. */
import type { Item, Queue } from "./api";

export interface Decided {
  item: Item;
  what: string;
  /** The server's word for taking it back; null until it said that it has it. */
  undo: string | null;
}

export interface Sitting {
  waiting: readonly Item[];
  /** The one that is looked at. */
  at: number;
  /** Newest last. */
  decided: readonly Decided[];
  /** Why the server did not take a decision, by trace id. */
  refused: Readonly<Record<string, unknown>>;
  /** What the server said last, and how many it had confirmed then. */
  queue: Queue | null;
  confirmedBefore: number;
}

export type Step =
  | { do: "fetched"; queue: Queue }
  | { do: "decided"; item: Item; what: string }
  | { do: "confirmed"; id: string; undo: string | null }
  | { do: "refused"; id: string; error: unknown }
  | { do: "undone"; undo: string }
  | { do: "skipped" }
  | { do: "moved"; by: number };

export const EMPTY: Sitting = { waiting: [], at: 0, decided: [], refused: {}, queue: null, confirmedBefore: 0 };

const id = (item: Item): string => item.execution.trace_id;

export const confirmed = (sitting: Sitting): number => sitting.decided.filter((one) => one.undo !== null).length;
export const saving = (sitting: Sitting): number => sitting.decided.length - confirmed(sitting);

/** Questions nobody reviewed, as far as the server confirmed. */
export function left(sitting: Sitting): number {
  if (sitting.queue === null) return 0;
  return Math.max(sitting.queue.left - (confirmed(sitting) - sitting.confirmedBefore), 0);
}

export function step(sitting: Sitting, said: Step): Sitting {
  switch (said.do) {
    case "fetched": {
      const known = new Set([...sitting.waiting, ...sitting.decided.map((one) => one.item)].map(id));
      const fresh = said.queue.items.filter((item) => !known.has(id(item)));
      const waiting = [...sitting.waiting, ...fresh];
      return { ...sitting, waiting, queue: said.queue, confirmedBefore: confirmed(sitting) };
    }
    case "decided": {
      const waiting = sitting.waiting.filter((item) => id(item) !== id(said.item));
      const decided = [...sitting.decided, { item: said.item, what: said.what, undo: null }];
      const refused = Object.fromEntries(Object.entries(sitting.refused).filter(([name]) => name !== id(said.item)));
      return { ...sitting, waiting, decided, refused, at: within(sitting.at, waiting) };
    }
    case "confirmed": {
      const decided = sitting.decided.map((one) =>
        id(one.item) === said.id ? { ...one, undo: said.undo ?? "" } : one,
      );
      return { ...sitting, decided };
    }
    case "refused": {
      const there = sitting.decided.find((one) => id(one.item) === said.id);
      if (there === undefined) return sitting;
      return { ...back(sitting, there), refused: { ...sitting.refused, [said.id]: said.error } };
    }
    case "undone": {
      const there = sitting.decided.find((one) => one.undo === said.undo);
      return there === undefined ? sitting : back(sitting, there);
    }
    case "skipped": {
      const now = sitting.waiting[sitting.at];
      if (now === undefined) return sitting;
      const waiting = [...sitting.waiting.filter((item) => item !== now), now];
      return { ...sitting, waiting, at: within(sitting.at, waiting) };
    }
    case "moved":
      return { ...sitting, at: within(sitting.at + said.by, sitting.waiting) };
  }
}

/** Waiting again, and looked at. */
function back(sitting: Sitting, one: Decided): Sitting {
  const waiting = [...sitting.waiting.slice(0, sitting.at), one.item, ...sitting.waiting.slice(sitting.at)];
  return { ...sitting, waiting, decided: sitting.decided.filter((other) => other !== one) };
}

const within = (at: number, waiting: readonly Item[]): number => Math.max(0, Math.min(at, waiting.length - 1));

/** What examples brought: accuracy with the set in use that was proved last, less that without examples. */
import type { Schemas } from "@/shared/api/client";

export interface Gain {
  mean: number;
  low: number;
  high: number;
}

type Set = Pick<Schemas["Set"], "live" | "evaluated" | "evaluation" | "cascade_id" | "cell_name" | "scope">;

/** `sets`: versions, the newest first. In use is the one people chose for a cell and scope, else the newest. */
export function lift(sets: readonly Set[]): Gain | null {
  const used = new Map<string, Set>();
  for (const set of sets) {
    const key = JSON.stringify([set.cascade_id, set.cell_name, set.scope]);
    if (set.live || !used.has(key)) used.set(key, set);
  }
  const proved = [...used.values()].filter((set) => set.evaluated !== null);
  proved.sort((one, other) => (one.evaluated ?? "").localeCompare(other.evaluated ?? ""));
  const gains = proved.at(-1)?.evaluation?.gains as Record<string, Gain> | undefined;
  return gains?.["candidate - none"] ?? null;
}

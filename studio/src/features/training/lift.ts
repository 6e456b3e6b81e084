/** What examples brought: accuracy with the newest proved set that is live, less that without examples. */
import type { Schemas } from "@/shared/api/client";

export interface Gain {
  mean: number;
  low: number;
  high: number;
}

type Set = Pick<Schemas["Set"], "live" | "evaluated" | "evaluation">;

export function lift(sets: readonly Set[]): Gain | null {
  const proved = sets.filter((set) => set.live && set.evaluated !== null);
  proved.sort((one, other) => (one.evaluated ?? "").localeCompare(other.evaluated ?? ""));
  const gains = proved.at(-1)?.evaluation?.gains as Record<string, Gain> | undefined;
  return gains?.["candidate - none"] ?? null;
}

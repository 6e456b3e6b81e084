/** An evaluation or a race under way, one at a time, whatever page is shown meanwhile. */
import { ApiError } from "@/shared/api/error";
import { work } from "@/shared/api/lines";
import { queries } from "@/shared/api/queries";
import { store } from "@/shared/lib/store";
import { say } from "@/shared/ui/toasts";

import type { Version } from "./api";

export type Kind = "evaluate" | "race";

export interface Rules {
  /** Verified questions to ask at most, the newest first. */
  rows: number;
  /** Of a race: which ways of choosing, and how many examples. */
  strategies?: string[];
  limits?: number[];
  budget_usd?: number;
}

export interface Proving {
  kind: Kind;
  version: string;
  /** Answers so far; null before the first. */
  progress: { done: number; total: number; cached: number; cost_usd: number | null } | null;
  stopping: boolean;
}

export const NAMES = { evaluate: "Evaluation", race: "Race" } as const;
export const proving = store<Proving | null>(null);

let ends: AbortController | null = null;

export async function prove(kind: Kind, version: Version, rules: Rules): Promise<void> {
  if (proving.get() !== null) return;
  ends = new AbortController();
  proving.set({ kind, version: version.version, progress: null, stopping: false });
  const name = NAMES[kind];
  try {
    const asked = { cascade_id: version.cascade_id, candidate: version.version, ...rules };
    await work(`/api/training/${kind}`, asked, ends.signal, (line) => {
      const now = proving.get();
      if (now !== null && line.event === "progress") proving.set({ ...now, progress: line as never });
    });
    say.done(`${name} of ${version.version.slice(0, 8)} is done and kept with it`);
  } catch (error) {
    const left = error instanceof DOMException || (error instanceof ApiError && error.code === "cancelled");
    if (left) say.note(`${name} stopped`, "answers so far are kept: started again, it goes on from there");
    else say.failed(`No ${name.toLowerCase()}`, error);
  } finally {
    proving.set(null);
    ends = null;
    void queries.invalidateQueries({ queryKey: ["sets"] });
  }
}

export function stop(): void {
  const now = proving.get();
  if (now !== null) proving.set({ ...now, stopping: true });
  ends?.abort();
}

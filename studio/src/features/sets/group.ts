/** Versions by whose they are: a cell, and the inputs its examples share. Newest first, as the server lists them. */
import { shown } from "@/shared/lib/format";

import type { Version } from "./api";

export interface TrainingSet {
  key: string;
  cascade_id: string;
  cell_name: string;
  scope: Record<string, unknown>;
  versions: readonly Version[];
  /** What calls learn from: the one people chose, else the newest. */
  used: Version;
  /** Someone chose: new decisions wait until the next choice. */
  held: boolean;
}

export function grouped(versions: readonly Version[]): TrainingSet[] {
  const groups = new Map<string, [Version, ...Version[]]>();
  for (const version of versions) {
    const key = JSON.stringify([version.cascade_id, version.cell_name, version.scope]);
    const there = groups.get(key);
    if (there === undefined) groups.set(key, [version]);
    else there.push(version);
  }
  return [...groups].map(([key, all]) => {
    const live = all.find((version) => version.live);
    const { cascade_id, cell_name, scope } = all[0];
    return { key, cascade_id, cell_name, scope, versions: all, used: live ?? all[0], held: live !== undefined };
  });
}

/** `labels: a, b, c`, or nothing where the cell has one set. */
export const scopeWords = (scope: Record<string, unknown>): string =>
  Object.entries(scope)
    .map(
      ([name, value]) => `${name}: ${Array.isArray(value) ? value.map((one) => shown(one)).join(", ") : shown(value)}`,
    )
    .join(" · ");

export const brief = (version: string): string => version.slice(0, 8);

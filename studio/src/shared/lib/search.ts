/** The part of an address behind `?`: plain names and values, a name again for each of several. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

export type Search = Readonly<Record<string, string | readonly string[]>>;

export function parse(text: string): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const before = found[name];
    found[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
  }
  return found;
}

export function write(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof one === "string" && one !== "") params.append(name, one);
    }
  }
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}

/** The first value of a name, null where it is not there. */
export function one(search: Search, name: string): string | null {
  const value = search[name];
  if (value === undefined) return null;
  return typeof value === "string" ? value : (value[0] ?? null);
}

export function all(search: Search, name: string): string[] {
  const value = search[name];
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : [...value];
}

/** What the address says now, and how to change some of it; null and [] take a name out. */
export function useAddress(): [Search, (change: Record<string, string | string[] | null>, replace?: boolean) => void] {
  const search: Search = useSearch({ strict: false });
  const navigate = useNavigate();
  const change = useCallback(
    (changed: Record<string, string | string[] | null>, replace = true) => {
      void navigate({
        to: ".",
        replace,
        search: (before: Record<string, unknown>) => {
          const kept = Object.entries({ ...before, ...changed }).filter(([, value]) => !nothing(value));
          return Object.fromEntries(kept);
        },
      });
    },
    [navigate],
  );
  return [search, change];
}

const nothing = (value: unknown): boolean =>
  value === null || value === "" || (Array.isArray(value) && value.length === 0);

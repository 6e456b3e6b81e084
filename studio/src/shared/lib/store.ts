/** A value outside of React that components can follow. */
import { useSyncExternalStore } from "react";

export interface Store<T> {
  get: () => T;
  set: (value: T) => void;
  subscribe: (heard: () => void) => () => void;
}

export function store<T>(first: T): Store<T> {
  let value = first;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const heard of [...listeners]) heard(); // one that subscribes meanwhile has seen this value
    },
    subscribe(heard) {
      listeners.add(heard);
      return () => listeners.delete(heard);
    },
  };
}

export function useStore<T>(of: Store<T>): T {
  return useSyncExternalStore(of.subscribe, of.get);
}

const kept = new Map<string, Store<never>>();

/** A value that this browser remembers, one for a key. What cannot be read counts as nothing. */
export function remembered<T>(key: string, first: T): Store<T> {
  const found = kept.get(key) as Store<T> | undefined;
  if (found !== undefined) return found;
  const made = read(key, first);
  kept.set(key, made as unknown as Store<never>);
  return made;
}

function read<T>(key: string, first: T): Store<T> {
  let held = first;
  try {
    const text = localStorage.getItem(key);
    if (text !== null) held = JSON.parse(text) as T;
  } catch {
    localStorage.removeItem(key);
  }
  const inner = store(held);
  return {
    ...inner,
    set(value) {
      inner.set(value);
      localStorage.setItem(key, JSON.stringify(value));
    },
  };
}

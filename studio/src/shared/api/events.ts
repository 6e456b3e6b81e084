/** What happens on the server, as it happens: one connection for the whole page. Where it fails, `live` is false and pages poll. */
import { createParser } from "eventsource-parser";
import { useEffect, useRef } from "react";

import { store } from "@/shared/lib/store";

import { raw } from "./client";
import { ApiError } from "./error";
import { token } from "./token";

export type Kind = "execution" | "decision" | "score" | "query" | "progress" | "missed";

export interface Happened {
  kind: Kind;
  data: Record<string, unknown>;
}

/** Whether events come. While false, what is shown is up to POLL old. */
export const live = store(false);
/** Milliseconds between two looks while no events come. */
export const POLL = 30_000;

const FIRST = 1_000;
const LONGEST = 30_000;

const listeners = new Set<(happened: Happened) => void>();
let last: string | null = null;

/** Hear of these kinds while the component is there. */
export function useEvents(kinds: readonly Kind[], heard: (happened: Happened) => void): void {
  const latest = useRef(heard);
  useEffect(() => {
    latest.current = heard;
  });
  const wanted = kinds.join();
  useEffect(() => {
    const names = new Set(wanted.split(","));
    const listener = (happened: Happened) => {
      if (names.has(happened.kind) || happened.kind === "missed") latest.current(happened);
    };
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, [wanted]);
}

/** Keep a connection for as long as the page is open; a new one where another token was given. */
export function listen(): void {
  let stop = new AbortController();
  void keep(stop.signal);
  token.subscribe(() => {
    if (token.get() === null) return;
    stop.abort();
    stop = new AbortController();
    void keep(stop.signal);
  });
}

async function keep(signal: AbortSignal): Promise<void> {
  for (let wait = FIRST; !signal.aborted; wait = Math.min(2 * wait, LONGEST)) {
    try {
      await follow(signal, () => {
        wait = FIRST;
      });
    } catch (error) {
      // told by `live`; the next attempt follows, or comes with a token
      if (error instanceof ApiError && error.status === 401) return;
    }
    live.set(false);
    await pause(wait, signal);
  }
}

async function follow(signal: AbortSignal, opened: () => void): Promise<void> {
  const headers: Record<string, string> = last === null ? {} : { "Last-Event-ID": last };
  const response = await raw("/api/events", { headers, signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  live.set(true);
  opened();
  const parser = createParser({
    onEvent({ id, event, data }) {
      if (id !== undefined) last = id;
      const happened = { kind: (event ?? "missed") as Kind, data: JSON.parse(data) as Record<string, unknown> };
      for (const heard of listeners) heard(happened);
    },
  });
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    parser.feed(value);
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

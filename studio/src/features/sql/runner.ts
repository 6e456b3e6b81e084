/** Runs scripts, one at a time, whatever page is shown meanwhile. */
import { api, raw } from "@/shared/api/client";
import { ApiError, told } from "@/shared/api/error";
import { queries } from "@/shared/api/queries";
import { store } from "@/shared/lib/store";
import { say } from "@/shared/ui/toasts";

import { active, begun, failed, heard, type Run } from "./run";
import { type Failed, type Said, said } from "./stream";

export interface Options {
  /** Rows to bring here at most. */
  limit: number;
  /** USD; null is the server's own ceiling. */
  budget: number | null;
  /** `provider:model`; empty is the server's own. */
  model: string;
}

export const DEFAULTS: Options = { limit: 10_000, budget: null, model: "" };

export const running = store<Run | null>(null);

const STREAM = "application/x-ndjson";
const SESSION = "rvbbit.sql.session";

/** Letters and digits that nobody else has: an id. */
function unique(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** One session for this tab: temporary tables stay from one run to the next. */
function session(): string {
  const held = sessionStorage.getItem(SESSION) ?? `studio-${unique().slice(0, 12)}`;
  sessionStorage.setItem(SESSION, held);
  return held;
}

export function body(sql: string, { limit, budget, model }: Options): Record<string, unknown> {
  return { sql, limit, ...(budget !== null && { budget_usd: budget }), ...(model !== "" && { model }) };
}

/** Run it; returns once it has ended, however. What happens meanwhile is in `running`. */
export async function run(sql: string, options: Options, explain = false): Promise<Run | null> {
  if (active(running.get())) return null;
  const id = unique();
  running.set(begun(id, sql, Date.now()));
  const asked = { ...body(sql, options), query_id: id, session_id: session(), ...(explain && { explain }) };
  try {
    const response = await raw("/api/sql", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: STREAM },
      body: JSON.stringify(asked),
    });
    if (response.body !== null) await follow(id, response.body);
    change(id, (now) => (active(now) ? failed(now, LOST, Date.now()) : now));
  } catch (error) {
    change(id, (now) => failed(now, described(error), Date.now()));
  }
  void queries.invalidateQueries({ predicate: ({ queryKey }) => AFTER.has(String(queryKey[0])) });
  return running.get();
}

/** Milliseconds between two looks at how far it is: a query may tell of a thousand answers a second. */
const PACE = 100;

async function follow(id: string, lines: ReadableStream<Uint8Array>): Promise<void> {
  let shown = 0;
  let skipped: Said | null = null;
  for await (const line of said(lines)) {
    const now = Date.now();
    if (line.event === "progress" && line.done < line.total && now - shown < PACE) {
      skipped = line;
      continue;
    }
    const before = skipped;
    change(id, (run) => heard(before === null ? run : heard(run, before, now), line, now));
    [shown, skipped] = [now, null];
  }
}

/** What a query may have changed. */
const AFTER = new Set(["queries", "examples", "tables", "sessions", "session", "costs", "stats"]);

const LOST: Failed = {
  code: "lost",
  message: "the connection ended before the query did",
  hint: "is `rvbbit serve` still running? What was answered is kept: run it again, and only the rest is asked",
};

function change(id: string, how: (run: Run) => Run): void {
  const now = running.get();
  if (now?.id === id) running.set(how(now));
}

function described(error: unknown): Failed {
  if (error instanceof ApiError) {
    const { code, message, hint, place } = error;
    return { code, message, hint, line: place?.line, column: place?.column };
  }
  return { ...LOST, message: `${LOST.message}: ${told(error).message}` };
}

/** Cancel what runs. What was answered is kept, and the next run finds it. */
export async function stop(): Promise<void> {
  const now = running.get();
  if (now?.phase !== "running") return;
  change(now.id, (run) => ({ ...run, phase: "stopping" }));
  try {
    await api.DELETE("/api/sql/{query_id}", { params: { path: { query_id: now.id } } });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return; // it has just ended by itself
    change(now.id, (run) => (run.phase === "stopping" ? { ...run, phase: "running" } : run));
    say.failed("Not cancelled", error);
  }
}

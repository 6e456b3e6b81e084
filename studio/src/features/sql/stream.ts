/** The lines of a running query as they come: one JSON value a line, cut anywhere. */
import type { Schemas } from "@/shared/api/client";

export interface Column {
  name: string;
  type: string;
}

export interface Usage {
  calls: number;
  cached: number;
  tokens_in: number;
  tokens_out: number;
  tokens_cached: number;
  cost_usd: number | null;
  seconds: number;
}

export interface Progress {
  stage: string;
  done: number;
  total: number;
  cached: number;
  cost_usd: number | null;
}

export interface Failed {
  code: string;
  message: string;
  hint: string | null;
  line?: number | null;
  column?: number | null;
}

export type Value = string | number | boolean | null | Value[] | { [name: string]: Value };

export type Said =
  | { event: "query"; query_id: string }
  | ({ event: "progress" } & Progress)
  | { event: "notice"; message: string; severity: string }
  | { event: "plan"; plan: Schemas["Explained"] }
  | { event: "columns"; columns: Column[] }
  | { event: "rows"; rows: Value[][] }
  | { event: "usage"; query_id: string; total: number; usage: Usage }
  | { event: "error"; error: Failed };

/** Each line once it is whole. */
export async function* said(body: ReadableStream<Uint8Array>): AsyncGenerator<Said> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let waiting = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const lines = (waiting + value).split("\n");
    waiting = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield JSON.parse(line) as Said;
  }
  if (waiting.trim() !== "") yield JSON.parse(waiting) as Said;
}

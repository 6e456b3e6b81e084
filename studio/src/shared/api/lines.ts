/** A long piece of work, told line by line as JSON; the last line is what came of it. */
import { raw } from "./client";
import { ApiError } from "./error";

export const LINES = "application/x-ndjson";

interface Line {
  event: string;
  error?: { code: string; message: string; hint?: string | null };
}

/** Start it and hear of every line. Answers the last one; throws what the server says instead of it. Stopping the signal stops the work. */
export async function work(
  path: string,
  body: unknown,
  signal: AbortSignal,
  heard: (line: Line & Record<string, unknown>) => void,
): Promise<Line> {
  const headers = { "Content-Type": "application/json", Accept: LINES };
  const response = await raw(path, { method: "POST", body: JSON.stringify(body), headers, signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let [rest, last] = ["", null as Line | null];
  const take = (text: string) => {
    if (text.trim() === "") return;
    last = JSON.parse(text) as Line;
    heard(last as Line & Record<string, unknown>);
  };
  for (;;) {
    const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
    if (done) break;
    const lines = `${rest}${value}`.split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(take);
  }
  take(rest);
  return ended(last);
}

/** What the last line says. A stream that was cut has no end, and is told as such. */
export function ended(last: Line | null): Line {
  if (last?.error !== undefined) throw new ApiError(200, last.error);
  if (last === null || last.event === "running" || last.event === "progress" || last.event === "query") {
    throw new ApiError(0, {
      code: "cut",
      message: "the connection ended before the work did",
      hint: "what was answered is kept: start it again and it goes on from there",
    });
  }
  return last;
}

/** A file on its way: how much is sent, how much has landed, and what came of it. `fetch` does not tell how much is sent. */
import { ApiError, unreachable } from "@/shared/api/error";
import type { Schemas } from "@/shared/api/client";
import { ended, LINES } from "@/shared/api/lines";
import { refused, token } from "@/shared/api/token";

interface Previewed {
  cascade_id: string;
  cell_name: string;
  model: string;
  arguments: Record<string, unknown>;
  answer: unknown;
}

export type Imported = Schemas["Imported"] & { preview: Previewed[] };

export interface Asked {
  file: File;
  format: string;
  cascade_id: string;
  cell_name: string;
  /** Column → field. */
  map: Readonly<Record<string, string>>;
  dry_run: boolean;
}

export interface Way {
  /** Bytes sent, 0–1. */
  sent: number;
  /** Executions that were read. */
  landed: number;
}

export function query({ file, format, cascade_id, cell_name, map, dry_run }: Asked): string {
  const params = new URLSearchParams({ name: file.name, format, dry_run: String(dry_run) });
  if (cascade_id !== "") params.set("cascade_id", cascade_id);
  if (cell_name !== "") params.set("cell_name", cell_name);
  for (const [column, field] of Object.entries(map)) if (field !== "") params.append("map", `${column}=${field}`);
  return params.toString();
}

export function send(asked: Asked, signal: AbortSignal, heard: (way: Way) => void): Promise<Imported> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/training/import?${query(asked)}`);
    request.setRequestHeader("Accept", LINES);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    const held = token.get();
    if (held !== null) request.setRequestHeader("Authorization", `Bearer ${held}`);
    const way = { sent: 0, landed: 0 };
    request.upload.onprogress = ({ loaded, total }) =>
      heard(Object.assign(way, { sent: total > 0 ? loaded / total : 0 }));
    request.onprogress = () => heard({ ...Object.assign(way, { sent: 1 }), landed: landed(request.responseText) });
    request.onerror = () => reject(unreachable(null));
    request.onabort = () => reject(unreachable(new DOMException("stopped", "AbortError")));
    request.onload = () => {
      if (request.status === 401) refused(held);
      if (request.status < 200 || request.status > 299) {
        ApiError.of(new Response(request.responseText, { status: request.status })).then(reject, reject);
        return;
      }
      try {
        const lines = request.responseText.trim().split("\n");
        resolve(ended(JSON.parse(lines.at(-1) ?? "null") as { event: string } | null) as unknown as Imported);
      } catch (error) {
        reject(error instanceof Error ? error : unreachable(error));
      }
    };
    signal.addEventListener("abort", () => request.abort());
    request.send(asked.file);
  });
}

/** How many the lines so far tell of. */
export function landed(text: string): number {
  const whole = text
    .slice(0, text.lastIndexOf("\n") + 1)
    .trim()
    .split("\n");
  const told = whole.toReversed().find((line) => line.includes('"progress"'));
  if (told === undefined) return 0;
  return (JSON.parse(told) as { done?: number }).done ?? 0;
}

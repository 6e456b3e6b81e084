/** Results as files. What is here whole is written here; else the server runs the query again, and its memory answers. */
import { raw } from "@/shared/api/client";

import { shown } from "@/shared/lib/format";
import type { Run } from "./run";
import { body, type Options } from "./runner";
import type { Value } from "./stream";

export type Format = "csv" | "parquet";

const ACCEPT: Record<Format, string> = { csv: "text/csv", parquet: "application/vnd.apache.parquet" };
const WRITES =
  /\b(insert|update|delete|merge|create|drop|alter|truncate|copy|attach|detach|install|load|set|call|import|export|vacuum|begin|commit)\b/i;

export const whole = (run: Run): boolean => run.rows.length === run.total;

/** Whether running it again changes nothing: it has no word that writes. */
export function reads(sql: string): boolean {
  return !WRITES.test(sql.replaceAll(/'(?:[^']|'')*'|"[^"]*"|--[^\n]*|\/\*[\s\S]*?\*\//g, " "));
}

/** RFC 4180; NULL is an empty field. */
export function csv({ columns, rows }: Pick<Run, "columns" | "rows">): string {
  const lines = [columns.map((column) => column.name), ...rows].map((row) => row.map(field).join(","));
  return `${lines.join("\r\n")}\r\n`;
}

function field(value: Value): string {
  const text = shown(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export async function download(run: Run, format: Format, options: Options): Promise<void> {
  if (format === "csv" && whole(run)) {
    save(new Blob([csv(run)], { type: ACCEPT.csv }), format);
    return;
  }
  const asked = body(run.sql, options);
  delete asked.limit; // all of it, not the first rows
  const response = await raw("/api/sql", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: ACCEPT[format] },
    body: JSON.stringify(asked),
  });
  save(await response.blob(), format);
}

function save(blob: Blob, format: Format): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `result.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

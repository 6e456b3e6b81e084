/** One execution, decided on in the grid: shown at once, taken back with the reason where the server says no. */
import type { GridApi } from "ag-grid-community";

import type { Example } from "@/shared/api/client";
import { decide, type Fields } from "@/shared/api/decisions";
import { shown } from "@/shared/lib/format";
import { labelled as decided, labels } from "@/shared/lib/labels";
import { say } from "@/shared/ui/toasts";

export async function mark(grid: GridApi<Example>, example: Example, fields: Fields, what: string): Promise<void> {
  const before = Object.fromEntries(Object.keys(fields).map((name) => [name, example[name as keyof Example]]));
  put(grid, example.trace_id, fields);
  try {
    await decide({ trace_ids: [example.trace_id] }, fields, what);
  } catch (error) {
    put(grid, example.trace_id, before);
    say.failed("Not saved", error);
  }
}

/** Only these fields of the row: another decision may be under way for the others. */
function put(grid: GridApi<Example>, trace_id: string, fields: object): void {
  const node = grid.getRowNode(trace_id);
  if (node?.data !== undefined) node.setData({ ...node.data, ...fields });
}

export const toggled = (example: Example, field: "trainable" | "verified"): [Fields, string] => [
  { [field]: !example[field] },
  `${example[field] ? "not " : ""}${field}`,
];

/** A person is sure that it is not right: it is reviewed, and no example. */
export const wrong: [Fields, string] = [{ trainable: false, verified: false, confidence: 0 }, "wrong: no example"];

/** The label of a key from 1: null where there is none. */
export function labelled(example: Example, key: number): [Fields, string] | null {
  const all = labels(example);
  return key > all.length ? null : [decided(example, all[key - 1]), `${shown(all[key - 1])} is right`];
}

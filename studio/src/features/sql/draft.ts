/** The text in the editor. It survives a reload; what a link brings takes its place and can be taken back. */
import { remembered } from "@/shared/lib/store";
import { say } from "@/shared/ui/toasts";

import { DEFAULTS, type Options } from "./runner";

export const draft = remembered("rvbbit.sql.draft", "");
export const options = remembered<Options>("rvbbit.sql.options", DEFAULTS);

export function open(sql: string): void {
  const before = draft.get();
  if (before === sql) return;
  draft.set(sql);
  if (before.trim() !== "")
    say.done("Another query was opened", { label: "Back to mine", act: () => draft.set(before) });
}

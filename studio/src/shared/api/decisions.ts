/** What people decide about executions, and the way back from each decision. Nothing is told as done before the server said so. */
import { store } from "@/shared/lib/store";
import { say } from "@/shared/ui/toasts";

import { answer, api, type Schemas } from "./client";
import { queries } from "./queries";

export type Mark = Schemas["Mark"];
export type Which = { trace_ids: string[] } | { filter: Partial<Schemas["Filter"]> };
/** Only the fields named change. */
export type Fields = Partial<
  Pick<
    Mark,
    "trainable" | "verified" | "confidence" | "corrected_output" | "notes" | "tags" | "add_tags" | "remove_tags"
  >
>;

const MOST = 1_000;
const TOAST = "decision";
/** Milliseconds in which the same decision again is one more of a streak. */
const LATELY = 6_000;
let streak = { what: "", count: 0, at: 0 };
const done: { undo: string; what: string }[] = [];
let before: Promise<unknown> = Promise.resolve();

/** Grows with every decision that the server took from this page, for what is shown without a query. */
export const decided = store(0);

/** Everything that a decision may have changed, for whoever shows it. */
export const DECIDED = [
  "examples",
  "example",
  "stats",
  "facets",
  "review",
  "sets",
  "contradictions",
  "session",
  "similar",
] as const;

/** Decisions and undos reach the server in the order in which they were made: each is sent once the one before was answered, or refused. */
export function inTurn<T>(act: () => Promise<T>): Promise<T> {
  const answered = before.then(act);
  before = answered.catch(() => undefined);
  return answered;
}

export async function decide(which: Which, fields: Fields, what: string, quiet = false): Promise<number> {
  const marked = await inTurn(async () => {
    const body = { ...which, ...fields } as Mark;
    const taken = await answer(api.POST("/api/training/mark-trainable", { body }));
    remember(taken.undo, what);
    return taken;
  });
  if (!quiet && marked.updated > 0) told(what);
  refresh();
  return marked.updated;
}

/** One decision after another is one toast, and how many it were: a hundred rows marked by keys do not bury the page. */
function told(what: string): void {
  const now = Date.now();
  streak = { what, count: streak.what === what && now - streak.at < LATELY ? streak.count + 1 : 1, at: now };
  const title = `${what.charAt(0).toUpperCase()}${what.slice(1)}${streak.count > 1 ? ` × ${streak.count}` : ""}`;
  say.done(title, { label: "Undo", act: () => void undo() }, TOAST);
}

/** A decision made by another route, such as choosing between two that contradict; remembered in its turn, that an undo finds it. */
export function remember(undo: string | null, what: string): void {
  if (undo === null) return;
  done.push({ undo, what });
  if (done.length > MOST) done.shift();
}

/** Take back the newest decision of this page that is not taken back yet. It says what happened, and answers which one it was. */
export const undo = (): Promise<string | null> => inTurn(undoNewest);

async function undoNewest(): Promise<string | null> {
  const last = done.pop();
  if (last === undefined) {
    say.note("Nothing to undo", "decisions made before this page was opened are in an execution's history");
    return null;
  }
  try {
    await answer(api.POST("/api/training/undo", { body: { undo: last.undo } }));
    streak = { what: "", count: 0, at: 0 };
    say.done(`Undone: ${last.what}`, undefined, TOAST);
    refresh();
    return last.undo;
  } catch (error) {
    done.push(last);
    say.failed("Not undone", error);
    return null;
  }
}

/** Whatever shows decisions asks for them again. */
export function refresh(): void {
  decided.set(decided.get() + 1);
  void queries.invalidateQueries({ predicate: ({ queryKey }) => DECIDED.some((name) => name === queryKey[0]) });
}

/** The demo's data on its way into a new project. It goes on whatever page is shown; leaving the Studio stops it, and what was answered is kept. */
import { store } from "@/shared/lib/store";
import { count, percent } from "@/shared/lib/format";
import { say } from "@/shared/ui/toasts";

import { ApiError } from "./error";
import { work } from "./lines";
import { queries } from "./queries";

export interface Loading {
  /** What happens now: `number` of `steps`, from 1. */
  name: string;
  number: number;
  steps: number;
  done: number;
  total: number;
}

interface Brought {
  event: string;
  tickets: number;
  before: number;
  after: number;
}

export const loading = store<Loading | null>(null);

let stopping: AbortController | null = null;
/** Milliseconds between two looks at how far it is. */
const PACE = 100;

export async function loadDemo(): Promise<void> {
  if (loading.get() !== null) return;
  stopping = new AbortController();
  let shown = 0;
  loading.set({ name: "Begin", number: 0, steps: 1, done: 0, total: 0 });
  try {
    const last = await work("/api/demo", {}, stopping.signal, (line) => {
      const now = loading.get();
      if (now === null) return;
      if (line.event === "step") loading.set({ ...now, ...(line as unknown as Loading), done: 0, total: 0 });
      else if (line.event === "progress" && Date.now() - shown > PACE) {
        shown = Date.now();
        loading.set({ ...now, done: Number(line.done), total: Number(line.total) });
      }
    });
    const { event, tickets, before, after } = last as Brought;
    if (event !== "demo") throw CUT;
    say.done(
      `The demo is there: ${count(tickets)} tickets, right ${percent(before)} of the time before, ${percent(after)} with examples`,
    );
  } catch (error) {
    if (error instanceof DOMException)
      say.note("The demo was stopped", "what was answered is kept: it goes on from there");
    else say.failed("The demo is not loaded", error);
  } finally {
    loading.set(null);
    stopping = null;
    void queries.invalidateQueries();
  }
}

export const stopDemo = (): void => stopping?.abort();

const CUT = new ApiError(0, {
  code: "cut",
  message: "the connection ended before the demo was loaded",
  hint: "is `rvbbit serve` still running? Load it again: it goes on from there",
});

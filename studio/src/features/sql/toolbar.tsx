/** What one can do with the text in the editor. */
import { Link2, Play, Route, Settings2, Square } from "lucide-react";

import { useStore } from "@/shared/lib/store";
import { Button, IconButton } from "@/shared/ui/button";
import { Choose, Field, Input } from "@/shared/ui/field";
import { Popover } from "@/shared/ui/popover";
import { say } from "@/shared/ui/toasts";

import { draft, options } from "./draft";
import { active } from "./run";
import { running, stop } from "./runner";
import styles from "./sql.module.css";

export function Toolbar({ onRun, onExplain }: { onRun: () => void; onExplain: () => void }) {
  const now = useStore(running);
  const empty = useStore(draft).trim() === "";
  return (
    <>
      <IconButton label="Copy a link to this query" disabled={empty} onClick={() => void share()}>
        <Link2 />
      </IconButton>
      <Popover
        title="Options"
        trigger={
          <Button look="quiet" icon={<Settings2 />}>
            Options
          </Button>
        }
      >
        <Settings />
      </Popover>
      <Button icon={<Route />} disabled={empty || active(now)} onClick={onExplain}>
        Explain
      </Button>
      {active(now) ? (
        <Button look="danger" icon={<Square />} disabled={now?.phase === "stopping"} onClick={() => void stop()}>
          Cancel
        </Button>
      ) : (
        <Button look="primary" icon={<Play />} shortcut="Ctrl ↵" disabled={empty} onClick={onRun}>
          Run
        </Button>
      )}
    </>
  );
}

async function share(): Promise<void> {
  const link = new URL("/sql", location.origin);
  link.searchParams.set("sql", draft.get());
  try {
    await navigator.clipboard.writeText(link.href);
    say.done("Link copied");
  } catch (error) {
    say.failed("Not copied", error);
  }
}

const LIMITS = [1_000, 10_000, 100_000];

function Settings() {
  const now = useStore(options);
  return (
    <div className={styles.settings}>
      <Field label="Budget in USD" hint="no more calls once it is reached; empty is the server's own">
        <Input
          type="number"
          min={0}
          step="any"
          value={now.budget ?? ""}
          onChange={(event) => {
            const budget = event.target.valueAsNumber;
            options.set({ ...now, budget: Number.isFinite(budget) && budget >= 0 ? budget : null });
          }}
        />
      </Field>
      <Field label="Model" hint="provider:model; empty is the server's own">
        <Input
          value={now.model}
          placeholder="openai:gpt-5-mini"
          spellCheck={false}
          onChange={(event) => options.set({ ...now, model: event.target.value.trim() })}
        />
      </Field>
      <Field label="Rows shown" hint="downloads have all of them">
        <Choose value={now.limit} onChange={(event) => options.set({ ...now, limit: Number(event.target.value) })}>
          {LIMITS.map((limit) => (
            <option key={limit} value={limit}>
              {limit.toLocaleString("en")}
            </option>
          ))}
        </Choose>
      </Field>
    </div>
  );
}

/** What is selected, and what can be done with all of it at once. */
import { Check, Gauge, GraduationCap, Tag, Undo2, X } from "lucide-react";
import { useState } from "react";

import { answer, api, type Example, type Schemas } from "@/shared/api/client";
import { decide, type Fields, undo, type Which } from "@/shared/api/decisions";
import { count, plural, usd } from "@/shared/lib/format";
import { tagsOf } from "@/shared/lib/tags";
import { Button, IconButton } from "@/shared/ui/button";
import { Confirm, Dialog } from "@/shared/ui/dialog";
import { Field, Input } from "@/shared/ui/field";
import { say } from "@/shared/ui/toasts";

import type { Filter } from "./filter";
import styles from "./selection.module.css";

/** Rows, or everything that a filter found. */
export type Selected = { rows: readonly Example[] } | { filter: Filter; total: number };

interface BarProps {
  selected: Selected;
  total: number;
  onEverything: () => void;
  onClear: () => void;
  onDone: () => void;
}

const size = (selected: Selected) => ("rows" in selected ? selected.rows.length : selected.total);
const which = (selected: Selected): Which =>
  "rows" in selected ? { trace_ids: selected.rows.map((row) => row.trace_id) } : { filter: selected.filter };

export function SelectionBar({ selected, total, onEverything, onClear, onDone }: BarProps) {
  const [asked, setAsked] = useState<{ fields: Fields; what: string } | null>(null);
  const [tagging, setTagging] = useState(false);
  const chosen = size(selected);

  const act = async (fields: Fields, what: string) => {
    try {
      const updated = await decide(which(selected), fields, `${plural(chosen, "execution")} ${what}`, true);
      say.done(`${plural(updated, "execution")} ${what}`, { label: "Undo", act: () => void undo().then(onDone) });
      onDone();
    } catch (error) {
      say.failed("Nothing was changed", error);
    }
  };
  /** A page of rows at once is seen; more than that is asked for. */
  const mark = (fields: Fields, what: string) => {
    if ("rows" in selected) void act(fields, what);
    else setAsked({ fields, what });
  };
  const score = async () => {
    try {
      const { queued, estimated_cost } = await answer(
        api.POST("/api/training/assess-confidence", { body: { ...which(selected), force: true } as Schemas["Assess"] }),
      );
      say.done(`${plural(queued, "execution")} will be scored, about ${usd(estimated_cost)}`);
    } catch (error) {
      say.failed("Not queued", error);
    }
  };

  return (
    <div className={styles.bar} role="toolbar" aria-label="Selected executions">
      <strong>{count(chosen)} selected</strong>
      {"rows" in selected && total > chosen && (
        <Button look="quiet" onClick={onEverything}>
          Select all {count(total)} matching
        </Button>
      )}
      <span className={styles.gap} />
      <Button icon={<GraduationCap />} onClick={() => mark({ trainable: true }, "made trainable")}>
        Trainable
      </Button>
      <Button onClick={() => mark({ trainable: false }, "made not trainable")}>Not trainable</Button>
      <Button icon={<Check />} onClick={() => mark({ verified: true }, "verified")}>
        Verify
      </Button>
      <Button onClick={() => mark({ verified: false }, "made not verified")}>Not verified</Button>
      <Button icon={<Tag />} onClick={() => setTagging(true)}>
        Tag
      </Button>
      <Button icon={<Gauge />} onClick={() => void score()}>
        Score
      </Button>
      <IconButton label="Undo" shortcut="Ctrl+Z" onClick={() => void undo().then(onDone)}>
        <Undo2 />
      </IconButton>
      <IconButton label="Select none" onClick={onClear}>
        <X />
      </IconButton>
      <Confirm
        open={asked !== null}
        onClose={() => setAsked(null)}
        title={`${plural(chosen, "execution")} ${asked?.what ?? ""}?`}
        about="Everything that the filter finds, seen or not. It is one decision, and can be undone as one."
        act={`Yes, all ${count(chosen)}`}
        onAct={() => asked !== null && void act(asked.fields, asked.what)}
      />
      <Tagging
        open={tagging}
        onClose={() => setTagging(false)}
        about={`These tags replace those that ${plural(chosen, "execution")} had.`}
        onTag={(tags) => mark({ tags }, tags.length === 0 ? "without tags" : `tagged ${tags.join(", ")}`)}
      />
    </div>
  );
}

function Tagging({
  open,
  onClose,
  about,
  onTag,
}: {
  open: boolean;
  onClose: () => void;
  about: string;
  onTag: (tags: string[]) => void;
}) {
  const [text, setText] = useState("");
  return (
    <Dialog open={open} onClose={onClose} title="Tag" about={about}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onTag(tagsOf(text));
          onClose();
        }}
      >
        <Field label="Tags" hint="separated by commas; empty takes all tags away">
          <Input value={text} onChange={(event) => setText(event.target.value)} />
        </Field>
        <p style={{ marginTop: 16, textAlign: "right" }}>
          <Button look="primary" type="submit">
            Tag
          </Button>
        </p>
      </form>
    </Dialog>
  );
}

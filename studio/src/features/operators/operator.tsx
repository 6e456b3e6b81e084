/** One operator: its signature, its file, its test cases, and a few rows to try it on before it is saved. */
import { History, Save } from "lucide-react";
import { useMemo, useState } from "react";

import { useKeys } from "@/shared/lib/keys";
import { Badge } from "@/shared/ui/badge";
import { Button, IconButton } from "@/shared/ui/button";
import { Editor } from "@/shared/ui/code";
import { Card } from "@/shared/ui/page";
import { say } from "@/shared/ui/toasts";

import { type Cascade, type Checked, type Outcomes, save, test, useSchema, useValidated } from "./api";
import { completion } from "./complete";
import { Help } from "./help";
import { Leaving } from "./leaving";
import styles from "./operators.module.css";
import { Problems } from "./problems";
import { Tests } from "./tests";
import { Try } from "./try";

interface OperatorProps {
  cascade_id: string;
  /** As it is kept; null for one that is not yet. */
  kept: Cascade | null;
  first: string;
  onSaved: () => void;
}

export function Operator({ cascade_id, kept, first, onSaved }: OperatorProps) {
  const [yaml, setYaml] = useState(first);
  const [busy, setBusy] = useState<"save" | "test" | null>(null);
  const [tested, setTested] = useState<{ yaml: string; outcomes: Outcomes } | null>(null);
  const [place, setPlace] = useState<{ line: number; column: number } | null>(null);
  const schema = useSchema();
  const complete = useMemo(() => (schema === undefined ? undefined : completion(schema)), [schema]);
  const { known, checked } = useValidated(yaml);
  const changed = yaml !== kept?.yaml;
  const problems = useMemo(() => known?.problems ?? [], [known]);
  const wrong = useMemo(
    () =>
      problems.map(({ line, column, key, message }) => ({
        line,
        column,
        message: key === "" ? message : `${key}: ${message}`,
      })),
    [problems],
  );
  const signature = known?.signature ?? null;

  const act = async (what: "save" | "test", work: () => Promise<void>) => {
    setBusy(what);
    try {
      await work();
    } catch (error) {
      say.failed(what === "save" ? "Not saved: the file is as it was" : "Not tested", error);
    } finally {
      setBusy(null);
    }
  };
  // what is not checked yet, the server checks: it keeps no file that is not valid
  const ready = changed && busy === null && yaml.trim() !== "" && !(checked === "yes" && problems.length > 0);
  const keep = () => {
    if (!ready) return;
    void act("save", async () => {
      const saved = await save(cascade_id, yaml, kept?.fingerprint ?? null);
      say.done(`Saved ${saved.origin}${saved.backup === null ? "" : "; what it was is beside it as .bak"}`);
      onSaved();
    });
  };
  useKeys({ "mod+s": keep });

  return (
    <div className={styles.operator}>
      <Leaving changed={changed && !(kept === null && yaml === first)} />
      <Card
        title="YAML"
        about={
          kept === null
            ? "New: nothing is kept before you save"
            : kept.builtin
              ? "Built-in: saving puts a copy into this project, which is used instead"
              : undefined
        }
        actions={
          <span className={styles.actions}>
            {yaml.trim() !== "" && <Verdict checked={checked} problems={problems.length} />}
            {kept?.backup !== undefined && kept.backup !== null && kept.backup !== yaml && (
              <IconButton
                label="Bring back the text from before the last save"
                onClick={() => kept.backup !== null && setYaml(kept.backup)}
              >
                <History />
              </IconButton>
            )}
            <Button look="primary" icon={<Save />} disabled={!ready} onClick={keep}>
              {busy === "save" ? "Saving…" : changed ? "Save" : "Saved"}
            </Button>
          </span>
        }
      >
        <div className={styles.editor}>
          <Editor
            label={`YAML of ${cascade_id}`}
            language="yaml"
            value={yaml}
            onChange={setYaml}
            onSave={keep}
            complete={complete}
            problems={wrong}
            place={place}
          />
        </div>
        {problems.length > 0 && <Problems problems={problems} onPlace={setPlace} />}
      </Card>
      <div className={styles.beside}>
        {signature !== null && <Help signature={signature} />}
        <Try yaml={yaml} parameters={signature?.parameters ?? []} ready={problems.length === 0} />
        <Tests
          cases={known?.cases ?? []}
          outcomes={tested?.yaml === yaml ? tested.outcomes : null}
          busy={busy === "test"}
          ready={busy === null && known?.ok === true}
          onRun={() => void act("test", async () => setTested({ yaml, outcomes: await test(yaml) }))}
        />
      </div>
    </div>
  );
}

/** Of the text as it stands, never of one before. */
function Verdict({ checked, problems }: { checked: Checked["checked"]; problems: number }) {
  if (checked !== "yes") return <Badge tone="plain">{checked === "no" ? "not checked" : "checking"}</Badge>;
  return problems > 0 ? <Badge tone="low">{problems} to mend</Badge> : <Badge tone="high">valid</Badge>;
}

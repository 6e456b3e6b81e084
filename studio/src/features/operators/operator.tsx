/** One operator: its help, its file, its test cases, and a few rows to try it on before it is saved. */
import { FlaskConical, Save } from "lucide-react";
import { useState } from "react";

import { useKeys } from "@/shared/lib/keys";
import { Badge } from "@/shared/ui/badge";
import { Button } from "@/shared/ui/button";
import { Editor } from "@/shared/ui/code";
import { Card } from "@/shared/ui/page";
import { say } from "@/shared/ui/toasts";

import { type Operator as Shown, type Outcomes, save, test, useValidated } from "./api";
import { complete } from "./complete";
import styles from "./operators.module.css";
import { written } from "./operators";
import { Tests } from "./tests";
import { Try } from "./try";

interface OperatorProps {
  cascade_id: string;
  /** As it is kept; null for one that is not yet. */
  kept: string | null;
  first: string;
  builtin: boolean;
  operator: Shown | undefined;
  onSaved: () => void;
}

export function Operator({ cascade_id, kept, first, builtin, operator, onSaved }: OperatorProps) {
  const [yaml, setYaml] = useState(first);
  const [busy, setBusy] = useState<"save" | "test" | null>(null);
  const [outcomes, setOutcomes] = useState<Outcomes | null>(null);
  const validated = useValidated(yaml);
  const changed = yaml !== kept;
  const problems = validated?.problems ?? [];

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
  const keep = () =>
    void act("save", async () => {
      const saved = await save(cascade_id, yaml);
      say.done(`Saved ${saved.origin}${kept === null || builtin ? "" : "; what it was is beside it as .bak"}`);
      onSaved();
    });
  useKeys({ "mod+s": keep }, changed && busy === null);

  return (
    <div className={styles.operator}>
      <Card
        title="YAML"
        about={
          builtin
            ? "Built-in: saving puts a copy into this project, which is used instead"
            : kept === null
              ? "New: nothing is kept before you save"
              : undefined
        }
        actions={
          <span className={styles.actions}>
            <Badge tone={problems.length > 0 ? "low" : validated?.ok === true ? "high" : "plain"}>
              {problems.length > 0 ? `${problems.length} to mend` : validated?.ok === true ? "valid" : "checking"}
            </Badge>
            <Button
              icon={<FlaskConical />}
              disabled={busy !== null || problems.length > 0}
              onClick={() => void act("test", async () => setOutcomes(await test(yaml)))}
            >
              {busy === "test" ? "Testing…" : "Run test cases"}
            </Button>
            <Button
              look="primary"
              icon={<Save />}
              disabled={!changed || busy !== null || problems.length > 0}
              onClick={keep}
            >
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
            onRun={changed ? keep : undefined}
            complete={complete}
            problems={problems.map(({ line, column, key, message }) => ({
              line,
              column,
              message: key === "" ? message : `${key}: ${message}`,
            }))}
          />
        </div>
        {problems.length > 0 && (
          <ol className={styles.wrong} aria-label="Problems" aria-live="polite">
            {problems.map((one) => (
              <li key={`${one.line} ${one.key} ${one.message}`}>
                <code>
                  {one.line}:{one.column}
                </code>{" "}
                <b>{one.key}</b> {one.message}
              </li>
            ))}
          </ol>
        )}
      </Card>
      <div className={styles.beside}>
        {operator !== undefined && <Help operator={operator} />}
        <Try yaml={yaml} parameters={operator?.parameters ?? []} ready={problems.length === 0} />
        {outcomes !== null && <Tests outcomes={outcomes} />}
      </div>
    </div>
  );
}

function Help({ operator }: { operator: Shown }) {
  return (
    <Card title="How it is used" about={operator.description}>
      <div className={styles.help}>
        {operator.patterns.map((pattern) => (
          <code key={pattern}>{written(pattern)}</code>
        ))}
        <dl>
          {operator.parameters.map((one) => (
            <div key={one.name}>
              <dt>
                {one.name} <code>{one.type}</code> {one.optional && <Badge>optional</Badge>}
              </dt>
              <dd>{one.description}</dd>
            </div>
          ))}
          <div>
            <dt>
              gives <code>{operator.returns}</code>
            </dt>
            <dd>
              {operator.shape}
              {operator.threshold !== null && `; as a filter, ${operator.threshold} or more`}
            </dd>
          </div>
        </dl>
      </div>
    </Card>
  );
}

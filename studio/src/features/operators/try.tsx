/** The text as it stands, on a few rows. Nothing is saved; it asks a model. */
import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useState } from "react";

import { told } from "@/shared/api/error";
import { shown, usd } from "@/shared/lib/format";
import { Button } from "@/shared/ui/button";
import { Area, Choose, Field } from "@/shared/ui/field";
import { Card } from "@/shared/ui/page";

import { few, type Ran, run, type Signature, useTables } from "./api";
import styles from "./operators.module.css";
import { fitted, rows, sample } from "./rows";

const MOST = 10;
const SOME = 5;

interface TryProps {
  yaml: string;
  parameters: Signature["parameters"];
  ready: boolean;
}

interface Tried {
  inputs: Record<string, unknown>;
  ran?: Ran;
  error?: string;
}

export function Try({ yaml, parameters, ready }: TryProps) {
  const [text, setText] = useState<string | null>(null);
  const [tried, setTried] = useState<Tried[]>([]);
  const [wrong, setWrong] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const asked = text ?? sample(parameters);
  const tables = useTables();
  const take = async (table: string) => {
    setWrong(null);
    try {
      setText(fitted(await few(table, SOME), parameters));
    } catch (error) {
      setWrong(told(error).message);
    }
  };
  const start = async () => {
    setWrong(null);
    let given: Record<string, unknown>[];
    try {
      given = rows(asked, parameters).slice(0, MOST);
    } catch (error) {
      setWrong(told(error).message);
      return;
    }
    setBusy(true);
    const done: Tried[] = [];
    for (const inputs of given) {
      try {
        done.push({ inputs, ran: await run(yaml, inputs) });
      } catch (error) {
        const { message, hint } = told(error);
        done.push({ inputs, error: hint === null ? message : `${message}. ${hint}` });
      }
      setTried([...done]);
    }
    setBusy(false);
  };
  return (
    <Card
      title="Try it"
      about="As it stands in the editor; nothing is saved"
      actions={
        <Button icon={<Play />} disabled={!ready || busy} onClick={() => void start()}>
          {busy ? "Running…" : "Run"}
        </Button>
      }
    >
      <div className={styles.try}>
        <Field
          label={`Rows, one a line, at most ${MOST}`}
          hint="JSON, or the text of the first argument alone"
          error={wrong}
        >
          <Area
            rows={4}
            className={styles.code}
            spellCheck={false}
            value={asked}
            onChange={(event) => setText(event.target.value)}
          />
        </Field>
        {tables.length > 0 && (
          <Choose aria-label="Take rows from a table" value="" onChange={(event) => void take(event.target.value)}>
            <option value="">Take rows from a table…</option>
            {tables.map((table) => (
              <option key={table}>{table}</option>
            ))}
          </Choose>
        )}
        <ol aria-live="polite">
          {tried.map((one, place) => (
            <li key={place}>
              <span title={JSON.stringify(one.inputs)}>
                {Object.values(one.inputs)
                  .map((value) => shown(value))
                  .join(" · ")}
              </span>
              {one.ran === undefined ? (
                <p className={styles.failed}>{one.error}</p>
              ) : (
                <p>
                  <b>{shown(one.ran.output)}</b> <small>{usd(one.ran.usage.cost_usd)}</small>{" "}
                  {one.ran.trace_ids[0] !== undefined && (
                    <Link to="/training" search={{ open: one.ran.trace_ids[0] }}>
                      open
                    </Link>
                  )}
                </p>
              )}
            </li>
          ))}
        </ol>
      </div>
    </Card>
  );
}

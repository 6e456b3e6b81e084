/** What was understood of a file: columns, the first executions, and what could not be taken. */
import { count, shown } from "@/shared/lib/format";
import { Figure, Figures } from "@/shared/ui/figure";
import { Input } from "@/shared/ui/field";
import { Table } from "@/shared/ui/table";

import styles from "./importing.module.css";
import type { Imported } from "./send";

const FIELDS = [
  "user_input",
  "answer",
  "id",
  "timestamp",
  "model",
  "session_id",
  "cascade_id",
  "cell_name",
  "trainable",
  "verified",
  "corrected_output",
];

interface FoundProps {
  found: Imported;
  map?: Record<string, string>;
  onMap?: (map: Record<string, string>) => void;
}

export function Found({ found, map = {}, onMap }: FoundProps) {
  const columns = [...new Set([...Object.keys(found.mapping), ...found.left])];
  return (
    <>
      <Figures label="Records">
        <Figure name="New" value={count(found.added)} tone="high" />
        <Figure name="Known already" value={count(found.known)} />
        <Figure name="Skipped" value={count(found.skipped)} about="no model call" />
        <Figure name="Rejected" value={count(found.rejected)} tone={found.rejected > 0 ? "low" : undefined} />
        <Figure name="Decisions" value={count(found.decisions)} />
      </Figures>
      {found.problems.length > 0 && (
        <ol className={styles.wrong} aria-label="Records that could not be taken">
          {found.problems.map((one) => (
            <li key={`${one.line} ${one.reason}`}>
              <code>{one.line}</code> {one.reason}
            </li>
          ))}
        </ol>
      )}
      {onMap !== undefined && columns.length > 0 && (
        <div className={styles.columns}>
          <h3>Columns. Say another field where it was not understood, then look again; inputs are inputs.NAME</h3>
          <datalist id="fields">
            {FIELDS.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
          {columns.map((one) => (
            <label key={one}>
              <span title={one}>{one}</span>
              <Input
                list="fields"
                placeholder={found.mapping[one] ?? "left out"}
                value={map[one] ?? ""}
                onChange={(event) => onMap({ ...map, [one]: event.target.value })}
              />
            </label>
          ))}
        </div>
      )}
      {found.preview.length > 0 && (
        <Table
          label="The first executions"
          rows={found.preview.map((one, place) => ({ ...one, place }))}
          id={(one) => String(one.place)}
          columns={[
            { name: "Cell", cell: (one) => `${one.cascade_id}.${one.cell_name}` },
            { name: "Model", cell: (one) => one.model },
            {
              name: "Arguments",
              wide: true,
              cell: (one) => <span title={shown(one.arguments)}>{shown(one.arguments)}</span>,
            },
            { name: "Answer", wide: true, cell: (one) => <span title={shown(one.answer)}>{shown(one.answer)}</span> },
          ]}
        />
      )}
    </>
  );
}

/** What was understood of a file: what lands, what cannot, which column is what, and the first executions. */
import { count, plural, shown } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Figure, Figures } from "@/shared/ui/figure";
import { Choose } from "@/shared/ui/field";
import { Table } from "@/shared/ui/table";

import { FIELDS } from "./fields";
import styles from "./importing.module.css";
import type { Imported } from "./send";

interface FoundProps {
  found: Imported;
  map?: Readonly<Record<string, string>>;
  onMap?: (map: Record<string, string>) => void;
}

export function Found({ found, map = {}, onMap }: FoundProps) {
  const columns = [...new Set([...Object.keys(found.mapping), ...found.left])];
  return (
    <>
      <Figures label="Records">
        <Figure name="New" value={count(found.added)} tone={found.added > 0 ? "high" : undefined} />
        <Figure name="Known already" value={count(found.known)} about="logged once is enough" />
        <Figure name="Skipped" value={count(found.skipped)} about="no model call" />
        <Figure name="Rejected" value={count(found.rejected)} tone={found.rejected > 0 ? "low" : undefined} />
        <Figure name="Decisions" value={count(found.decisions)} about="marks and corrections" />
      </Figures>
      {found.problems.length > 0 && <Problems found={found} />}
      {onMap !== undefined && columns.length > 0 && (
        <div className={styles.part}>
          <h3>Columns</h3>
          <Table
            label="Columns"
            rows={columns}
            id={(column) => column}
            columns={[
              {
                name: "In the file",
                wide: true,
                cell: (column) => (
                  <code className={styles.column} title={column}>
                    {column}
                  </code>
                ),
              },
              {
                name: "Understood as",
                cell: (column) =>
                  found.mapping[column] === undefined ? (
                    <Badge>left out</Badge>
                  ) : (
                    <Badge tone="accent">{found.mapping[column]}</Badge>
                  ),
              },
              {
                name: "Take it as",
                cell: (column) => (
                  <Choose
                    className={styles.choice}
                    aria-label={`Take ${column} as`}
                    value={map[column] ?? ""}
                    onChange={(event) => onMap({ ...map, [column]: event.target.value })}
                  >
                    <option value="">what was understood</option>
                    <option value={`inputs.${column}`}>an input of that name</option>
                    {FIELDS.map((field) => (
                      <option key={field.name} value={field.name}>
                        {field.name}: {field.about}
                      </option>
                    ))}
                  </Choose>
                ),
              },
            ]}
          />
        </div>
      )}
      {found.preview.length > 0 && (
        <div className={styles.part}>
          <h3>The first {plural(found.preview.length, "execution")}</h3>
          <Table
            label="The first executions"
            rows={found.preview.map((one, place) => ({ ...one, place }))}
            id={(one) => String(one.place)}
            columns={[
              { name: "Cell", cell: (one) => <Cut text={`${one.cascade_id}.${one.cell_name}`} /> },
              { name: "Model", cell: (one) => <Cut text={one.model} /> },
              {
                name: "Arguments",
                wide: true,
                cell: (one) => <span title={shown(one.arguments)}>{shown(one.arguments)}</span>,
              },
              { name: "Answer", wide: true, cell: (one) => <span title={shown(one.answer)}>{shown(one.answer)}</span> },
            ]}
          />
        </div>
      )}
    </>
  );
}

function Cut({ text }: { text: string }) {
  return (
    <span className={styles.cut} title={text}>
      {text}
    </span>
  );
}

function Problems({ found }: { found: Imported }) {
  return (
    <div className={styles.part}>
      <h3>
        {found.problems.length < found.rejected
          ? `The first ${count(found.problems.length)} of ${plural(found.rejected, "record")} that cannot be taken`
          : `${plural(found.rejected, "record")} that cannot be taken`}
      </h3>
      <div className={styles.wrong}>
        <Table
          label="Records that cannot be taken"
          rows={found.problems}
          id={(one) => `${one.line} ${one.reason}`}
          columns={[
            { name: "Line", number: true, cell: (one) => count(one.line) },
            { name: "Why", wide: true, cell: (one) => <span title={one.reason}>{one.reason}</span> },
          ]}
        />
      </div>
    </div>
  );
}

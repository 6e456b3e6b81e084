/** Which version brought each example in, with its answer. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { ago, count, moment, shown } from "@/shared/lib/format";
import { Button } from "@/shared/ui/button";
import { Failure, Skeleton } from "@/shared/ui/states";
import { Table } from "@/shared/ui/table";

import { useBlame } from "./api";
import { brief } from "./group";
import styles from "./sets.module.css";

const FIRST = 50;

export function Blame({ version, onOpen }: { version: string; onOpen: (version: string) => void }) {
  const blame = useBlame(version);
  const [most, setMost] = useState(FIRST);
  if (blame.error !== null) return <Failure error={blame.error} again={() => void blame.refetch()} />;
  if (blame.isPending) return <Skeleton lines={5} />;
  const { examples } = blame.data;
  return (
    <div className={styles.stack}>
      <Table
        label="Examples of this version"
        rows={examples.slice(0, most)}
        id={(one) => one.trace_id}
        columns={[
          {
            name: "Example",
            cell: (one) => (
              <Link to="/training" search={{ open: one.trace_id }} className={styles.mono}>
                {brief(one.trace_id)}
              </Link>
            ),
          },
          { name: "Answer", wide: true, cell: (one) => <span title={shown(one.answer)}>{shown(one.answer)}</span> },
          {
            name: "Since version",
            cell: (one) => (
              <button type="button" className={styles.version} onClick={() => onOpen(one.version)}>
                {brief(one.version)}
              </button>
            ),
          },
          { name: "When", cell: (one) => <span title={moment(one.timestamp)}>{ago(one.timestamp)}</span> },
        ]}
      />
      {examples.length > most && (
        <Button look="quiet" onClick={() => setMost(most + 4 * FIRST)}>
          Show more of {count(examples.length)}
        </Button>
      )}
    </div>
  );
}

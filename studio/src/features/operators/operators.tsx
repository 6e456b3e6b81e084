/** Every operator: how it is written, what it gives, whose it is; and what is wrong with files that are left out. */
import { Link } from "@tanstack/react-router";
import { CircleAlert, Workflow } from "lucide-react";

import { Badge } from "@/shared/ui/badge";
import { Card } from "@/shared/ui/page";
import { Empty, Failure, Skeleton } from "@/shared/ui/states";
import { Table } from "@/shared/ui/table";

import { type Operator, useOperators } from "./api";
import styles from "./operators.module.css";

interface OperatorsProps {
  search: string;
  onOpen: (cascade_id: string) => void;
}

export function Operators({ search, onOpen }: OperatorsProps) {
  const found = useOperators();
  if (found.error !== null) return <Failure error={found.error} again={() => void found.refetch()} />;
  if (found.isPending) return <Skeleton lines={9} />;
  const { operators, problems } = found.data;
  const shown = operators.filter((one) => matches(one, search));
  return (
    <>
      {problems.length > 0 && (
        <section className={styles.problems} role="alert">
          <h2>
            <CircleAlert aria-hidden /> Files that are left out until they are mended
          </h2>
          <ul>
            {problems.map((problem) => (
              <li key={problem}>
                {problem} <Mend problem={problem} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {shown.length === 0 ? (
        <Empty icon={<Workflow aria-hidden />} title="No operator is called so">
          Clear the search, or make a new operator from a template.
        </Empty>
      ) : (
        <Card>
          <Table
            label="Operators"
            rows={shown}
            id={(one) => one.name}
            onOpen={(one) => onOpen(one.cascade_id)}
            columns={[
              {
                name: "Operator",
                cell: (one) => (
                  <Link to="/operators/$cascadeId" params={{ cascadeId: one.cascade_id }}>
                    {one.name}
                  </Link>
                ),
              },
              {
                name: "Written",
                cell: (one) => (
                  <code title={one.patterns.join("\n")}>
                    {written(one.patterns[0] ?? "")}
                    {one.patterns.length > 1 && ` +${one.patterns.length - 1}`}
                  </code>
                ),
              },
              { name: "Gives", cell: (one) => <code>{one.returns}</code> },
              {
                name: "What it says",
                wide: true,
                cell: (one) => <span title={one.description}>{one.description}</span>,
              },
              {
                name: "Cells",
                cell: (one) => (
                  <span title={one.cells.join(", ")}>{one.cells.length === 0 ? "—" : one.cells.length}</span>
                ),
                number: true,
              },
              {
                name: "From",
                cell: (one) => (
                  <Badge tone={one.builtin ? "plain" : "accent"} title={one.origin}>
                    {one.builtin ? "built-in" : "project"}
                  </Badge>
                ),
              },
            ]}
          />
        </Card>
      )}
    </>
  );
}

/** The way to a file that is left out, where its name says which it is. */
function Mend({ problem }: { problem: string }) {
  const cascadeId = /([^/\s]+)\.cascade\.yaml:/.exec(problem)?.[1];
  if (cascadeId === undefined) return null;
  return (
    <Link to="/operators/$cascadeId" params={{ cascadeId }}>
      Mend it
    </Link>
  );
}

export const written = (pattern: string): string => pattern.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, "$1");

export function matches(one: Operator, search: string): boolean {
  const text = [one.name, one.description, one.returns, ...one.patterns].join(" ").toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

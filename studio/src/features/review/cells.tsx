/** Which cell to review: those with the most to gain stand first. */
import { Link } from "@tanstack/react-router";
import { CircleCheckBig } from "lucide-react";

import { count, percent } from "@/shared/lib/format";
import { Confidence } from "@/shared/ui/confidence";
import { Card } from "@/shared/ui/page";
import { LoadDemo } from "@/shared/ui/load-demo";
import { Empty, Failure, Skeleton } from "@/shared/ui/states";
import { Table } from "@/shared/ui/table";

import { type Cell, useStats } from "./api";

export function Cells({ onOpen }: { onOpen: (cell: Cell) => void }) {
  const stats = useStats();
  if (stats.error !== null) return <Failure error={stats.error} again={() => void stats.refetch()} />;
  if (stats.isPending) return <Skeleton lines={6} />;
  const { cells } = stats.data;
  if (cells.length === 0) {
    return (
      <Empty icon={<CircleCheckBig aria-hidden />} title="There is nothing to review yet" actions={<LoadDemo />}>
        Run a query with a semantic operator on the <Link to="/sql">SQL page</Link>, or{" "}
        <Link to="/import">import a log</Link>; what it asks comes here.
      </Empty>
    );
  }
  return (
    <Card title="Which cell?" about="Each cell learns from its own examples">
      <Table
        label="Cells"
        rows={cells}
        id={(cell) => `${cell.cascade_id}.${cell.cell_name}`}
        onOpen={onOpen}
        columns={[
          {
            name: "Cell",
            wide: true,
            cell: ({ cascade_id, cell_name }) => (
              <Link to="/review" search={{ cascade_id, cell_name }} title={`${cascade_id}.${cell_name}`}>
                {cascade_id}.{cell_name}
              </Link>
            ),
          },
          { name: "Executions", number: true, cell: (cell) => count(cell.executions) },
          { name: "Verified", number: true, cell: (cell) => count(cell.verified) },
          { name: "Trainable", number: true, cell: (cell) => count(cell.trainable) },
          { name: "Corrected", number: true, cell: (cell) => count(cell.corrected) },
          {
            name: "Scored",
            number: true,
            cell: (cell) => (cell.executions === 0 ? "—" : percent(cell.scored / cell.executions)),
          },
          { name: "Mean confidence", number: true, cell: (cell) => <Confidence value={cell.confidence} /> },
        ]}
      />
    </Card>
  );
}

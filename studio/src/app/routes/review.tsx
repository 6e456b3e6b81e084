/** Review: what people should look at next, one after another. */
import { type Cell, useStats } from "@/features/review/api";
import { Cells } from "@/features/review/cells";
import { Contradictions } from "@/features/review/contradictions";
import { Review } from "@/features/review/review";
import { one, useAddress } from "@/shared/lib/search";
import { Page } from "@/shared/ui/page";
import { Pick } from "@/shared/ui/pick";
import { Segments } from "@/shared/ui/segments";
import { useMemo } from "react";

const ORDERS = [
  { value: "value", label: "Value", title: "contradictions first, then what teaches most" },
  { value: "random", label: "Random", title: "a fair sample, to know how right answers are" },
  { value: "newest", label: "Newest", title: "what was asked last" },
  { value: "contradictions", label: "Contradictions", title: "approved answers to one question that differ" },
] as const;

export default function Route() {
  const [search, change] = useAddress();
  const stats = useStats();
  const [cascade_id, cell_name] = [one(search, "cascade_id"), one(search, "cell_name")];
  const cell = useMemo<Cell | null>(
    () => (cascade_id === null || cell_name === null ? null : { cascade_id, cell_name }),
    [cascade_id, cell_name],
  );
  const order = ORDERS.find((known) => known.value === one(search, "order"))?.value ?? "value";
  const named = (given: Cell) => `${given.cascade_id}.${given.cell_name}`;
  const cells = stats.data?.cells ?? [];
  return (
    <Page
      title="Review"
      about={cell === null ? "One decision after another, what teaches most first" : undefined}
      actions={
        cell !== null && (
          <>
            <Pick
              single
              label="Cell"
              options={cells.map((known) => ({ value: named(known), count: known.executions }))}
              value={[named(cell)]}
              onChange={([name]) => {
                const chosen = cells.find((known) => named(known) === name);
                change({ cascade_id: chosen?.cascade_id ?? null, cell_name: chosen?.cell_name ?? null }, false);
              }}
            />
            <Segments
              label="Order"
              options={ORDERS}
              value={order}
              onChange={(value) => change({ order: value === "value" ? null : value })}
            />
          </>
        )
      }
    >
      {cell === null ? (
        <Cells onOpen={(chosen) => change({ cascade_id: chosen.cascade_id, cell_name: chosen.cell_name }, false)} />
      ) : order === "contradictions" ? (
        <Contradictions cell={cell} />
      ) : (
        <Review key={`${named(cell)} ${order}`} cell={cell} order={order} />
      )}
    </Page>
  );
}

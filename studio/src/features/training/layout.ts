/** Which columns there are, how wide and in which order: as someone left them in this browser. */
import type { ColumnState, GridApi } from "ag-grid-community";

import { remembered } from "@/shared/lib/store";

type Kept = Pick<ColumnState, "colId" | "width" | "hide" | "flex">;

export const layout = remembered<Kept[]>("rvbbit.columns", []);

export function keep(grid: GridApi): void {
  layout.set(grid.getColumnState().map(({ colId, width, hide, flex }) => ({ colId, width, hide, flex })));
}

export function restore(grid: GridApi): void {
  if (layout.get().length > 0) grid.applyColumnState({ state: layout.get(), applyOrder: true });
}

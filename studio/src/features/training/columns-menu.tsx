/** Which columns are shown. */
import type { GridApi } from "ag-grid-community";
import { Columns3 } from "lucide-react";
import { useState } from "react";

import { Button } from "@/shared/ui/button";
import { Switch } from "@/shared/ui/field";
import { Popover } from "@/shared/ui/popover";

import styles from "./columns-menu.module.css";
import { layout } from "./layout";

export function ColumnsMenu({ grid }: { grid: GridApi | null }) {
  const [, again] = useState(0);
  const columns = grid?.getColumns()?.filter((column) => column.getColDef().headerName !== undefined) ?? [];
  return (
    <Popover
      title="Columns"
      trigger={
        <Button look="quiet" icon={<Columns3 />}>
          Columns
        </Button>
      }
    >
      <div className={styles.list}>
        {columns.map((column) => (
          <Switch
            key={column.getColId()}
            named
            label={column.getColDef().headerName ?? ""}
            on={column.isVisible()}
            onChange={(on) => {
              grid?.setColumnsVisible([column], on);
              again((count) => count + 1);
            }}
          />
        ))}
        <Button
          look="quiet"
          onClick={() => {
            grid?.resetColumnState();
            layout.set([]);
            again((count) => count + 1);
          }}
        >
          As they were at first
        </Button>
      </div>
    </Popover>
  );
}

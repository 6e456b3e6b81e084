/** A table of what was already fetched. For what is paged, sorted and edited, the grid. */
import type { ReactNode } from "react";

import styles from "./table.module.css";

export interface Column<T> {
  name: string;
  cell: (row: T) => ReactNode;
  /** Right-aligned, digits of one width. */
  number?: boolean;
  /** It may be cut; others keep their width. */
  wide?: boolean;
}

interface TableProps<T> {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  id: (row: T) => string;
  onOpen?: (row: T) => void;
  selected?: string | null;
}

export function Table<T>({ label, columns, rows, id, onOpen, selected }: TableProps<T>) {
  return (
    <div className={styles.scroll} role="region" aria-label={label} tabIndex={0}>
      <table className={styles.table}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" className={column.number === true ? styles.number : undefined}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={id(row)}
              className={`${onOpen === undefined ? "" : styles.opens} ${selected === id(row) ? styles.selected : ""}`}
              onClick={onOpen && (() => onOpen(row))}
            >
              {columns.map((column) => (
                <td
                  key={column.name}
                  className={`${column.number === true ? styles.number : ""} ${column.wide === true ? styles.wide : ""}`}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

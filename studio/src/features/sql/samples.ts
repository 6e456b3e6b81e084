/** Queries to begin with, on the tables there are. */
import type { Table } from "./completion";

const TEXTS = ["text", "body", "message", "description", "content", "comment", "review", "question", "title", "name"];

const name = (word: string): string => (/^[a-z_][a-z0-9_]*$/.test(word) ? word : `"${word.replaceAll('"', '""')}"`);

export function samples(tables: readonly Table[]): string[] {
  const own = tables.filter((table) => table.schema_name === "main");
  const found = own
    .map((table) => ({ table, text: TEXTS.find((column) => table.columns.includes(column)) }))
    .find(({ text }) => text !== undefined);
  const [first] = own;
  if (found?.text !== undefined) {
    const [from, text] = [name(found.table.name), name(found.text)];
    return [
      `SELECT ${text} FROM ${from} WHERE ${text} MEANS 'the customer is unhappy' LIMIT 20`,
      `SELECT ${text}, CLASSIFY(${text}, 'question,complaint,praise') AS kind FROM ${from} LIMIT 50`,
      `SELECT * FROM ${from} LIMIT 100`,
    ];
  }
  if (first !== undefined) return [`SELECT * FROM ${name(first.name)} LIMIT 100`];
  return ["CREATE TABLE items AS SELECT * FROM read_csv('items.csv')", "SELECT * FROM rvbbit.query_log LIMIT 100"];
}

/** Rows to try an operator on: one a line, an object of its arguments or the text of the first one. */
export function rows(text: string, parameters: readonly { name: string }[]): Record<string, unknown>[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line, place) => {
      if (!line.trim().startsWith("{")) return { [parameters[0]?.name ?? "text"]: line.trim() };
      try {
        return JSON.parse(line) as Record<string, unknown>;
      } catch {
        throw new Error(`row ${place + 1} is no JSON: write it like {"text": "…"}`);
      }
    });
}

type Parameters = readonly { name: string; type: string }[];

const some = ({ type }: { type: string }): unknown =>
  type.endsWith("[]") ? ["one", "other"] : type === "VARCHAR" ? "some text" : 1;

const known = (parameters: Parameters): Parameters =>
  parameters.length === 0 ? [{ name: "text", type: "VARCHAR" }] : parameters;

/** A row to begin with. */
export const sample = (parameters: Parameters): string =>
  JSON.stringify(Object.fromEntries(known(parameters).map((one) => [one.name, some(one)])));

/** Rows of a table as arguments: columns of their names; the first argument, else, is the longest text. */
export function fitted(table: readonly Record<string, unknown>[], parameters: Parameters): string {
  return table
    .map((row) => {
      const texts = Object.values(row).filter((value) => typeof value === "string");
      const longest = texts.toSorted((a, b) => b.length - a.length)[0];
      const given = known(parameters).map((one, place) => [
        one.name,
        row[one.name] ?? (place === 0 && longest !== undefined ? longest : some(one)),
      ]);
      return JSON.stringify(Object.fromEntries(given));
    })
    .join("\n");
}

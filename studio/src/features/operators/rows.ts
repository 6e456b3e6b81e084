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

/** A row to begin with. */
export const sample = (parameters: readonly { name: string; type: string }[]): string =>
  JSON.stringify(
    Object.fromEntries(
      (parameters.length === 0 ? [{ name: "text", type: "VARCHAR" }] : parameters).map(({ name, type }) => [
        name,
        type.endsWith("[]") ? ["one", "other"] : type === "VARCHAR" ? "some text" : 1,
      ]),
    ),
  );

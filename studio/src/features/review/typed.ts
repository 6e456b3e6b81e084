/** What was typed, as the kind of value that was there before: text stays text, all else is JSON. */
export function typed(text: string, before: unknown): unknown {
  if (typeof before === "string") return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    if (before === null || before === undefined) return text;
    const example = JSON.stringify(before);
    throw new Error(
      `this is no JSON; the answer was like ${example.length > 60 ? `${example.slice(0, 60)}…` : example}`,
    );
  }
}

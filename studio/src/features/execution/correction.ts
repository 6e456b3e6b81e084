/** A corrected answer as text to be typed, and what the text means: text stays text, all else is JSON. */

export const written = (answer: unknown): string =>
  typeof answer === "string" ? answer : answer === null ? "" : JSON.stringify(answer, null, 2);

/** The value, null where nothing was typed, an Error where it is not of the answer's kind. */
export function meant(text: string, answer: unknown): unknown {
  if (text.trim() === "") return null;
  if (typeof answer === "string") return text;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (answer === null) return text;
    return new Error(
      `this is no JSON: ${error instanceof Error ? error.message : String(error)}. The answer was ${kind(answer)}, so write one like it`,
    );
  }
}

const kind = (value: unknown): string =>
  Array.isArray(value)
    ? "a list"
    : typeof value === "object"
      ? "an object"
      : typeof value === "boolean"
        ? "true or false"
        : "a number";

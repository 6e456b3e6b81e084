/** How sure an answer is, in words and levels. Unscored is nothing, never zero. */

export type Level = "high" | "medium" | "low" | "none";

export const HIGH = 0.9;
export const MEDIUM = 0.7;

export function level(confidence: number | null | undefined): Level {
  if (confidence === null || confidence === undefined) return "none";
  if (confidence >= HIGH) return "high";
  return confidence >= MEDIUM ? "medium" : "low";
}

export function words(confidence: number | null | undefined, calibrated?: boolean | null): string {
  if (confidence === null || confidence === undefined) return "unscored";
  const how = calibrated === true ? ", calibrated" : calibrated === false ? ", not calibrated yet" : "";
  return `confidence ${confidence.toFixed(2)}${how}`;
}

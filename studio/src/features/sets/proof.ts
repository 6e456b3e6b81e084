/** What an evaluation and a race found, and how it is read. */

export interface Arm {
  examples: number;
  accuracy: number;
  failed: number;
  calls: number;
  tokens_in: number;
  tokens_out: number;
  cost_usd: number | null;
}

export interface Gain {
  mean: number;
  low: number;
  high: number;
}

export interface Evaluation {
  questions: number;
  groups: number;
  arms: Record<string, Arm>;
  gains: Record<string, Gain>;
}

export interface Race extends Evaluation {
  current: string;
  winner: string;
  planned: number;
  examples: number;
}

export type Verdict = "better" | "worse" | "same";

/** An interval that holds zero says nothing. */
export const verdict = ({ low, high }: Gain): Verdict => (low > 0 ? "better" : high < 0 ? "worse" : "same");

export const TONE = { better: "high", worse: "low", same: "none" } as const;

/** +4.2: points of accuracy. */
export const points = (share: number): string => `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)}`;

/** One arm's gain over another, in whichever order it is told. */
export function gain({ gains }: Pick<Evaluation, "gains">, arm: string, over: string): Gain | null {
  const told = gains[`${arm} - ${over}`];
  if (told !== undefined) return told;
  const other = gains[`${over} - ${arm}`];
  return other === undefined ? null : { mean: -other.mean, low: -other.high, high: -other.low };
}

/** The same scale for every interval of a picture, zero in it. */
export function scale(gains: readonly Gain[]): readonly [number, number] {
  const low = Math.min(0, ...gains.map((one) => one.low));
  const high = Math.max(0, ...gains.map((one) => one.high));
  const room = Math.max((high - low) * 0.06, 0.005);
  return [low - room, high + room];
}

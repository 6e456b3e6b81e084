/** What EXPLAIN found, added up. */
import type { Schemas } from "@/shared/api/client";

export type Explained = Schemas["Explained"];
export type Step = Schemas["Step"];
export type Asked = Schemas["Asked"];

/** A block's steps, from its result down to what is read. */
export const steps = (root: Step): Step[] => [root, ...root.children.flatMap(steps)];

export const asked = ({ blocks, fallback }: Explained): Asked[] => [
  ...blocks.flatMap(steps).flatMap((step) => step.asks),
  ...fallback,
];

export interface Sum {
  calls: number;
  cached: number;
  /** Null where one of those known does not say. */
  tokens: number | null;
  cost: number | null;
  seconds: number | null;
  /** Some are known only once others are answered. */
  open: boolean;
  /** Some may be spared. */
  atMost: boolean;
}

export function sum(plan: Explained): Sum {
  const all = asked(plan);
  const known = all.flatMap(({ figures }) => figures ?? []);
  const total = (of: (one: (typeof known)[number]) => number | null): number | null =>
    known.reduce<number | null>((before, one) => {
      const more = of(one);
      return before === null || more === null ? null : before + more;
    }, 0);
  return {
    calls: total((one) => one.calls) ?? 0,
    cached: total((one) => one.cached) ?? 0,
    tokens: total((one) => (one.tokens_in === null || one.tokens_out === null ? null : one.tokens_in + one.tokens_out)),
    cost: total((one) => one.cost_usd),
    seconds: total((one) => one.seconds),
    open: !plan.ran && all.length > known.length,
    atMost: !plan.ran && known.some((one) => one.at_most === true && one.calls > 0),
  };
}

/** What it came to, in a few numbers. */
import { count, percent, plural, short, usd } from "@/shared/lib/format";
import { Figure, Figures } from "@/shared/ui/figure";

import { part, saved, type Spend, total } from "./sums";

export function Headline({ days, queries }: { days: readonly Spend[]; queries: readonly Spend[] | undefined }) {
  const all = total(days);
  const kept = queries === undefined ? null : saved(queries);
  return (
    <Figures label="In these days">
      <Figure name="Spend" value={usd(all.cost)} about={`${usd(all.cost / Math.max(1, days.length))} a day`} />
      <Figure name="Calls" value={short(all.calls)} exact={count(all.calls)} about={plural(all.errors, "error")} />
      <Figure
        name="Answers from memory"
        value={short(all.cached)}
        exact={count(all.cached)}
        about={`${percent(part(all.cached, all.cached + all.calls))} of all answers`}
      />
      <Figure
        name="Saved by memory"
        value={kept === null ? "—" : kept === 0 ? "$0" : `≈ ${usd(kept)}`}
        about="about, at mean prices"
      />
      <Figure
        name="Scoring"
        value={percent(part(all.scoring, all.cost), all.scoring > 0 ? 1 : 0)}
        about={`${usd(all.scoring)} of the spend`}
      />
      <Figure
        name="Tokens"
        value={short(all.tokens_in + all.tokens_out)}
        exact={`${count(all.tokens_in)} read, ${count(all.tokens_out)} written`}
        about={`${percent(part(all.tokens_cached, all.tokens_in))} provider-cached`}
      />
      <Figure
        name="Without a price"
        value={short(all.unpriced)}
        exact={count(all.unpriced)}
        about={all.unpriced === 0 ? "every call has one" : "set [prices] in rvbbit.toml"}
        tone={all.unpriced === 0 ? undefined : "medium"}
      />
    </Figures>
  );
}

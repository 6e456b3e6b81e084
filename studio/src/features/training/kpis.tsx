/** How much there is and how good it is; some of the figures are filters too. */
import { level } from "@/shared/lib/confidence";
import { count, percent, short, usd } from "@/shared/lib/format";
import { Figure, Figures } from "@/shared/ui/figure";

import { useSets, useStats } from "./api";
import type { Filter } from "./filter";
import { lift } from "./lift";

interface KpisProps {
  filter: Filter;
  change: (change: Record<string, string | null>) => void;
}

export function Kpis({ filter, change }: KpisProps) {
  const { data } = useStats();
  const sets = useSets();
  if (data === undefined) return <Figures label="Figures">{null}</Figures>;
  const { total } = data;
  const unscored = total.executions - total.scored;
  const gained = lift(sets.data?.sets ?? []);
  const calibrated = total.calibrated > 0;
  const confidence = calibrated ? total.calibrated_confidence : total.confidence;
  const flip = (name: "trainable" | "verified" | "scored", value: boolean) => () =>
    change({ [name]: filter[name] === value ? null : String(value) });
  return (
    <Figures label="Figures of all executions">
      <Figure
        name="Executions"
        value={short(total.executions)}
        exact={count(total.executions)}
        about={`in ${count(data.cells.length)} cells`}
      />
      <Figure
        name="Trainable"
        value={short(total.trainable)}
        exact={count(total.trainable)}
        about="may be examples"
        on={filter.trainable === true}
        onClick={flip("trainable", true)}
      />
      <Figure
        name="Verified"
        value={short(total.verified)}
        exact={count(total.verified)}
        about={`${count(total.corrected)} corrected`}
        on={filter.verified === true}
        onClick={flip("verified", true)}
      />
      <Figure
        name="Confidence"
        value={confidence === null ? "—" : confidence.toFixed(2)}
        about={
          calibrated
            ? `mean of ${short(total.calibrated)} calibrated`
            : confidence === null
              ? "nothing scored yet"
              : `mean of ${short(total.scored)}, uncalibrated`
        }
        tone={level(confidence)}
      />
      <Figure
        name="Unscored"
        value={short(unscored)}
        exact={count(unscored)}
        about={unscored === 0 ? "all have a score" : "no score yet"}
        on={filter.scored === false}
        onClick={flip("scored", false)}
      />
      <Figure
        name="Cost"
        value={usd(total.cost)}
        about={
          data.scoring_share === null
            ? `scoring ${usd(data.scoring_cost)}`
            : `scoring ${percent(data.scoring_share, 1)}`
        }
      />
      <Figure
        name="Live lift"
        value={gained === null ? "—" : `${gained.mean >= 0 ? "+" : ""}${(100 * gained.mean).toFixed(1)} pts`}
        about={
          gained === null
            ? "sets in use not evaluated"
            : `95 %: ${(100 * gained.low).toFixed(1)} to ${(100 * gained.high).toFixed(1)}`
        }
        tone={gained === null ? undefined : gained.low > 0 ? "high" : gained.high < 0 ? "low" : "medium"}
      />
    </Figures>
  );
}

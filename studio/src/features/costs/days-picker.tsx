/** Which days, in the address. */
import { useAddress } from "@/shared/lib/search";
import { Input } from "@/shared/ui/field";
import { Segments } from "@/shared/ui/segments";

import styles from "./costs.module.css";
import { preset, PRESETS, range } from "./range";

export function DaysPicker() {
  const [search, change] = useAddress();
  const { from, to } = range(search);
  return (
    <div className={styles.days} role="group" aria-label="Days">
      <Segments
        label="The last"
        options={PRESETS}
        value={preset(search) as (typeof PRESETS)[number]["value"]}
        onChange={(days) => change({ days: days === "30" ? null : days, from: null, to: null }, false)}
      />
      <Input
        type="date"
        aria-label="From"
        value={from ?? ""}
        max={to ?? undefined}
        onChange={(event) => change({ from: event.target.value, to, days: null }, false)}
      />
      <span aria-hidden>–</span>
      <Input
        type="date"
        aria-label="To"
        value={to ?? ""}
        min={from ?? undefined}
        onChange={(event) => change({ from, to: event.target.value, days: null }, false)}
      />
    </div>
  );
}

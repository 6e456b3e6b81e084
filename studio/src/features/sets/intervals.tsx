/** Gains with what they may be off by, on one scale; the line is zero: no difference. */
import { type Gain, points, scale, TONE, verdict } from "./proof";
import styles from "./intervals.module.css";

export interface Row {
  name: string;
  gain: Gain;
  note?: string;
}

const WORDS = { better: "better", worse: "worse", same: "no difference shown" };

export function Intervals({ label, rows }: { label: string; rows: readonly Row[] }) {
  const bounds = scale(rows.map((row) => row.gain));
  return (
    <ul className={styles.intervals} aria-label={label}>
      {rows.map(({ name, gain, note }) => (
        <li key={name}>
          <span className={styles.name} title={note}>
            {name}
          </span>
          <Track gain={gain} bounds={bounds} />
          <span className={styles.value}>
            <b className={styles[TONE[verdict(gain)]]}>{points(gain.mean)}</b> {points(gain.low)} to {points(gain.high)}
            <small>{WORDS[verdict(gain)]}</small>
          </span>
        </li>
      ))}
    </ul>
  );
}

export function Track({ gain, bounds: [low, high] }: { gain: Gain; bounds: readonly [number, number] }) {
  const at = (value: number) => `${(100 * (value - low)) / (high - low)}%`;
  const tone = TONE[verdict(gain)];
  return (
    <span className={styles.track} aria-hidden>
      <i className={styles.zero} style={{ left: at(0) }} />
      <i
        className={`${styles.range} ${styles[tone]}`}
        style={{ left: at(gain.low), right: `calc(100% - ${at(gain.high)})` }}
      />
      <i className={`${styles.mean} ${styles[tone]}`} style={{ left: at(gain.mean) }} />
    </span>
  );
}

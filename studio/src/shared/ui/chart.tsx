/** Charts: what to draw, in our colours. The library that draws is fetched with the first chart. The table under a chart is its text alternative. */
import { lazy, type ReactNode, Suspense } from "react";

import styles from "./chart.module.css";

const Plot = lazy(() => import("./plot"));

export type Tone = "accent" | "info" | "high" | "medium" | "low" | "none";

/** One row of what is drawn: its place on the x axis and its numbers by name; null where there is none. */
export type Point = Readonly<Record<string, string | number | null | readonly [number, number]>>;

export interface Series {
  /** The name of the number in each point. */
  key: string;
  name: string;
  tone?: Tone;
  /** Bars of the same stack stand on each other. Default: a bar of its own. */
  as?: "bar" | "line" | "area" | "dots";
  stack?: string;
  dashed?: boolean;
  /** The name of a pair in each point: how far off it may be, below and above. */
  interval?: string;
}

export interface ChartProps {
  /** What it shows, read out in place of the picture. */
  label: string;
  points: readonly Point[];
  /** The name of the x value in each point. */
  x: string;
  series: readonly Series[];
  height?: number;
  /** A number as axis and tooltip show it. */
  write?: (value: number) => string;
  writeX?: (value: string | number) => string;
  /** The x values are numbers on a scale, not names side by side. */
  numeric?: boolean;
  /** From where to where the axes go; else what fits. */
  domain?: readonly [number, number];
  domainX?: readonly [number, number];
  /** A line from the lower left to the upper right: where what is promised is kept. */
  diagonal?: boolean;
  /** Names down the side, bars to the right: for names that are long. */
  sideways?: boolean;
  /** Whose point was clicked. */
  onPick?: (x: string | number) => void;
}

export const colour = (tone: Tone = "accent"): string =>
  tone === "accent" ? "var(--accent-strong)" : `var(--${tone})`;

/** The tones in which several series are told apart, in this order. */
export const TONES: readonly Tone[] = ["accent", "info", "high", "medium", "low", "none"];

export function Chart({ height = 200, ...props }: ChartProps) {
  return (
    <figure className={styles.figure}>
      {props.series.length > 1 && <Legend series={props.series} />}
      <div className={styles.plot} style={{ height }} role="img" aria-label={props.label}>
        <Suspense fallback={<div className={styles.waiting} />}>
          <Plot {...props} />
        </Suspense>
      </div>
    </figure>
  );
}

function Legend({ series }: { series: readonly Series[] }) {
  return (
    <ul className={styles.legend}>
      {series.map((one) => (
        <li key={one.key}>
          <span
            className={`${styles.mark} ${one.as === "line" || one.as === "area" ? styles.line : ""}`}
            style={{ background: colour(one.tone) }}
          />
          {one.name}
        </li>
      ))}
    </ul>
  );
}

/** How much of the whole, as a bar in a table's cell. The number stands beside it. */
export function Share({ of, tone = "accent", children }: { of: number; tone?: Tone; children?: ReactNode }) {
  return (
    <span className={styles.share}>
      <span className={styles.track} aria-hidden>
        <span style={{ width: `${100 * Math.min(1, Math.max(0, of))}%`, background: colour(tone) }} />
      </span>
      {children}
    </span>
  );
}

/** How right the cell became: version by version, or over time. */
import { day, moment, percent } from "@/shared/lib/format";
import { one, useAddress } from "@/shared/lib/search";
import { Chart, type Point } from "@/shared/ui/chart";
import { Card } from "@/shared/ui/page";
import { Segments } from "@/shared/ui/segments";

import type { Version } from "./api";
import { brief } from "./group";
import { gain } from "./proof";
import styles from "./sets.module.css";

const AXES = [
  { value: "version", label: "Versions" },
  { value: "time", label: "Time" },
] as const;

export function Curve({ versions }: { versions: readonly Version[] }) {
  const [search, change] = useAddress();
  const axis = one(search, "axis") === "time" ? "time" : "version";
  const points = curve(versions);
  const times = points.map((point) => point.time);
  const oneDay = new Set(times.map((time) => day(new Date(time).toISOString()))).size === 1;
  const when = (time: number) => {
    const iso = new Date(time).toISOString();
    return oneDay ? (moment(iso).split(", ").at(-1) ?? "") : day(iso);
  };
  return (
    <Card
      title="Learning curve"
      about="Accuracy on verified questions; the intervals of 95 % are those of the gain over no examples"
      actions={
        <Segments
          label="Drawn over"
          options={AXES}
          value={axis}
          onChange={(value) => change({ axis: value === "time" ? value : null })}
        />
      }
    >
      <div className={styles.inside}>
        {points.length === 0 ? (
          <p className={styles.hint}>Evaluate a version, and its accuracy stands here beside those before it.</p>
        ) : (
          <Chart
            key={axis}
            label={points
              .map((point) => `${point.name}, ${point.size} examples: ${percent(point.accuracy, 1)}`)
              .join("; ")}
            points={points as unknown as Point[]}
            x={axis === "time" ? "time" : "name"}
            height={220}
            write={(value) => percent(value)}
            numeric={axis === "time"}
            domainX={axis === "time" ? room(times) : undefined}
            writeX={(x) => (axis === "time" ? when(Number(x)) : String(x))}
            domain={bounds(points)}
            series={[
              { key: "accuracy", name: "with the set", as: "line", interval: "off" },
              { key: "none", name: "without examples", as: "line", tone: "none", dashed: true },
            ]}
          />
        )}
      </div>
    </Card>
  );
}

/** Evaluated versions, the oldest first. */
export function curve(versions: readonly Version[]) {
  return versions
    .flatMap((version) => {
      const candidate = version.evaluation?.arms["candidate"];
      const none = version.evaluation?.arms["none"];
      if (version.evaluation === null || candidate === undefined || none === undefined) return [];
      const over = gain(version.evaluation, "candidate", "none");
      const off = over === null ? [0, 0] : [over.mean - over.low, over.high - over.mean];
      const { accuracy } = candidate;
      const time = Date.parse(version.timestamp);
      return [
        {
          name: `${brief(version.version)} (${version.size})`,
          size: version.size,
          time,
          accuracy,
          none: none.accuracy,
          off,
        },
      ];
    })
    .reverse();
}

/** A little more than from the first to the last, so that no point stands on the edge. */
function room(times: readonly number[]): readonly [number, number] {
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const more = Math.max((last - first) * 0.08, 1_000);
  return [first - more, last + more];
}

function bounds(points: readonly { accuracy: number; none: number; off: number[] }[]): readonly [number, number] {
  const low = Math.min(...points.map((point) => Math.min(point.none, point.accuracy - (point.off[0] ?? 0))));
  return [Math.max(0, Math.floor(low * 10 - 0.5) / 10), 1];
}

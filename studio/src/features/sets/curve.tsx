/** How right the cell became, version by version. */
import { Chart, type Point } from "@/shared/ui/chart";
import { day, moment, percent } from "@/shared/lib/format";
import { Card } from "@/shared/ui/page";

import type { Version } from "./api";
import { gain } from "./proof";
import styles from "./sets.module.css";

export function Curve({ versions }: { versions: readonly Version[] }) {
  const points = curve(versions);
  return (
    <Card title="Learning curve" about="Accuracy on verified questions, with intervals of 95 % over no examples">
      <div className={styles.inside}>
        {points.length === 0 ? (
          <p className={styles.hint}>Evaluate a version, and its accuracy stands here beside those before it.</p>
        ) : (
          <Chart
            label={points.map((one) => `${one.size} examples: ${percent(one.accuracy, 1)}`).join("; ")}
            points={points as unknown as Point[]}
            x="place"
            height={210}
            write={(value) => percent(value)}
            writeX={(place) => {
              const point = points[Number(place)];
              return point === undefined ? "" : `${point.size} examples, ${point.when}`;
            }}
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
      const when = sameDay(versions) ? moment(version.timestamp).split(", ").at(-1) : day(version.timestamp);
      return [{ size: version.size, when: when ?? "", accuracy: candidate.accuracy, none: none.accuracy, off }];
    })
    .reverse()
    .map((point, place) => ({ place, ...point }));
}

const sameDay = (versions: readonly Version[]): boolean =>
  new Set(versions.map((version) => day(version.timestamp))).size === 1;

function bounds(points: readonly { accuracy: number; none: number; off: number[] }[]): readonly [number, number] {
  const low = Math.min(...points.map((one) => Math.min(one.none, one.accuracy - (one.off[0] ?? 0))));
  return [Math.max(0, Math.floor(low * 10 - 0.5) / 10), 1];
}

/** Whether the cell's confidences keep what they promise, and which answers are taken for which. */
import { Link } from "@tanstack/react-router";

import { count, percent, plural } from "@/shared/lib/format";
import { Chart, type Point } from "@/shared/ui/chart";
import { Figure, Figures } from "@/shared/ui/figure";
import { Card } from "@/shared/ui/page";
import { Failure, Skeleton } from "@/shared/ui/states";

import { type Calibration as Found, useCalibration } from "./api";
import { square } from "./confusion";
import styles from "./sets.module.css";

const METHODS = { uncalibrated: "not calibrated yet", platt: "Platt scaling", platt_isotonic: "Platt, then isotonic" };

export function Calibration({ cascade_id, cell_name }: { cascade_id: string; cell_name: string }) {
  const found = useCalibration(cascade_id, cell_name);
  if (found.error !== null) return <Failure error={found.error} again={() => void found.refetch()} />;
  if (found.isPending) return <Skeleton lines={5} />;
  const { verified, right, measured } = found.data;
  return (
    <div className={styles.pair}>
      <Card title="Reliability" about={`Confidence against what people verified: ${METHODS[found.data.method]}`}>
        {measured === 0 ? (
          <p className={styles.hint}>
            Nothing to measure by: {plural(verified, "verified answer")}, none of them scored.{" "}
            <Link to="/review" search={{ cascade_id, cell_name }}>
              Review some
            </Link>
          </p>
        ) : (
          <Reliability found={found.data} />
        )}
      </Card>
      <Card
        title="Confusion"
        about={
          verified > 0 ? `${percent(right / verified)} of ${count(verified)} verified answers were right` : undefined
        }
      >
        <Confusion found={found.data} />
      </Card>
    </div>
  );
}

function Reliability({ found }: { found: Found }) {
  const { ece, low, high, brier, auc, bins, measured } = found;
  const number = (value: number | null) => (value === null ? "—" : value.toFixed(3));
  return (
    <>
      <Figures label="Calibration">
        <Figure
          name="ECE"
          value={number(ece)}
          about={low === null || high === null ? undefined : `${low.toFixed(3)} to ${high.toFixed(3)}`}
        />
        <Figure name="Brier" value={number(brier)} about="0 is perfect" />
        <Figure name="AUC" value={number(auc)} about="0.5 is chance" />
        <Figure name="Measured" value={count(measured)} about="verified and scored" />
      </Figures>
      <div className={styles.inside}>
        <Chart
          label={bins.map((bin) => `confidence ${bin.confidence.toFixed(2)}: ${percent(bin.right)} right`).join("; ")}
          points={bins as unknown as Point[]}
          x="confidence"
          numeric
          diagonal
          domain={[0, 1]}
          domainX={[0, 1]}
          height={230}
          write={(value) => percent(value)}
          writeX={(value) => Number(value).toFixed(2)}
          series={[{ key: "right", name: "share that is right", as: "line" }]}
        />
        <p className={styles.note}>On the dashed line a confidence keeps its promise; below it promises too much.</p>
      </div>
    </>
  );
}

function Confusion({ found }: { found: Found }) {
  if (found.confusion === null) {
    return <p className={styles.hint}>Answers are prose here, or too many to be compared one by one.</p>;
  }
  if (found.confusion.length === 0) return <p className={styles.hint}>Nothing is verified here yet.</p>;
  const { held, answered, count: counted, of } = square(found.confusion);
  return (
    <div className={styles.scroll} role="region" aria-label="Confusion" tabIndex={0}>
      <table className={styles.confusion}>
        <caption>right, down; answered, across</caption>
        <thead>
          <tr>
            <td />
            {answered.map((label) => (
              <th key={label} scope="col" title={label}>
                <span>{label}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {held.map((right) => (
            <tr key={right}>
              <th scope="row" title={right}>
                <span>{right}</span>
              </th>
              {answered.map((label) => {
                const number = counted(right, label);
                const share = of(right) === 0 ? 0 : number / of(right);
                const tone = right === label ? "var(--high)" : "var(--low)";
                return (
                  <td
                    key={label}
                    title={`${right} answered as ${label}: ${number}`}
                    style={
                      number === 0
                        ? undefined
                        : { background: `color-mix(in srgb, ${tone} ${Math.round(10 + 45 * share)}%, transparent)` }
                    }
                  >
                    {number === 0 ? "" : number}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

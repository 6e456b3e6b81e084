/** Recharts, told what to draw. Fetched on its own, by `chart`. */
import {
  Area,
  Bar,
  CartesianGrid,
  ComposedChart,
  ErrorBar,
  Line,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";

import styles from "./chart.module.css";
import { type ChartProps, colour, type Series } from "./chart";

const TICK = { fill: "var(--faint)", fontSize: 11 };
/** Pixels for names on the side. */
const NAMES = 150;
const plain = (value: string | number): string => String(value);

export default function Plot({
  points,
  x,
  series,
  write = plain,
  writeX = plain,
  numeric = false,
  domain,
  domainX,
  diagonal = false,
  sideways = false,
  onPick,
}: Omit<ChartProps, "label" | "height">) {
  return (
    <ResponsiveContainer width="100%" height="100%">
      <ComposedChart
        data={[...points]}
        layout={sideways ? "vertical" : "horizontal"}
        margin={{ top: 8, right: 8, bottom: 0, left: 0 }}
        accessibilityLayer={false}
        onClick={onPick && (({ activeLabel }) => activeLabel !== undefined && onPick(activeLabel))}
        className={onPick && styles.picked}
      >
        <CartesianGrid vertical={sideways} horizontal={!sideways} stroke="var(--border)" />
        {sideways ? (
          <>
            <YAxis
              dataKey={x}
              type="category"
              tick={Name}
              tickLine={false}
              axisLine={false}
              width={NAMES}
              interval={0}
            />
            <XAxis type="number" tick={TICK} tickLine={false} axisLine={false} tickFormatter={write} />
          </>
        ) : (
          <>
            <XAxis
              dataKey={x}
              type={numeric ? "number" : "category"}
              domain={domainX && [...domainX]}
              tick={TICK}
              tickLine={false}
              axisLine={{ stroke: "var(--border-strong)" }}
              tickFormatter={writeX}
              minTickGap={24}
            />
            <YAxis
              tick={TICK}
              tickLine={false}
              axisLine={false}
              width={56}
              tickFormatter={write}
              domain={domain && [...domain]}
            />
          </>
        )}
        <Tooltip
          cursor={{ fill: "var(--hover)", stroke: "var(--border-strong)" }}
          isAnimationActive={false}
          content={({ active, label, payload }) =>
            active && payload.length > 0 ? (
              <div className={styles.tip}>
                <strong>{writeX(label as string | number)}</strong>
                {payload.map((one) => (
                  <span key={String(one.dataKey)}>
                    <i className={styles.mark} style={{ background: one.color }} />
                    {one.name}
                    <b>{typeof one.value === "number" ? write(one.value) : "—"}</b>
                  </span>
                ))}
              </div>
            ) : null
          }
        />
        {diagonal && (
          <ReferenceLine
            segment={[
              { x: 0, y: 0 },
              { x: 1, y: 1 },
            ]}
            stroke="var(--faint)"
            strokeDasharray="4 4"
          />
        )}
        {series.map(drawn)}
      </ComposedChart>
    </ResponsiveContainer>
  );
}

/** A name on the side, cut where it is too long. */
function Name({ x, y, payload }: { x?: number | string; y?: number | string; payload?: { value: string } }) {
  const name = payload?.value ?? "";
  const most = Math.floor(NAMES / 7.2);
  return (
    <text x={x} y={y} dy={4} textAnchor="end" fill="var(--muted)" fontSize={11}>
      <title>{name}</title>
      {name.length > most ? `${name.slice(0, most - 1)}…` : name}
    </text>
  );
}

function drawn(series: Series) {
  const paint = colour(series.tone);
  const common = { dataKey: series.key, name: series.name, isAnimationActive: false };
  const interval = series.interval !== undefined && (
    <ErrorBar dataKey={series.interval} width={6} strokeWidth={1.5} stroke="var(--muted)" />
  );
  const dash = series.dashed === true ? "5 4" : undefined;
  switch (series.as ?? "bar") {
    case "bar":
      return (
        <Bar
          key={series.key}
          {...common}
          stackId={series.stack}
          fill={paint}
          stroke={paint}
          strokeWidth={0}
          maxBarSize={24}
        >
          {interval}
        </Bar>
      );
    case "area":
      return (
        <Area
          key={series.key}
          {...common}
          stackId={series.stack}
          stroke={paint}
          fill={paint}
          fillOpacity={0.16}
          strokeWidth={1.5}
        />
      );
    case "line":
    case "dots":
      return (
        <Line
          key={series.key}
          {...common}
          stroke={paint}
          strokeWidth={series.as === "dots" ? 0 : 1.75}
          strokeDasharray={dash}
          dot={{ r: 3, fill: paint, strokeWidth: 0 }}
          activeDot={{ r: 4 }}
          connectNulls
        >
          {interval}
        </Line>
      );
  }
}

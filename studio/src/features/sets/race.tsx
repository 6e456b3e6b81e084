/** Which way of choosing examples is best for a cell, by the newest race of a version. */
import { Trophy } from "lucide-react";

import { count, moment, percent, plural, usd } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Table } from "@/shared/ui/table";

import type { Version } from "./api";
import { Track } from "./intervals";
import { gain, type Gain, points, scale } from "./proof";
import styles from "./sets.module.css";

export function Race({ version }: { version: Version }) {
  const found = version.race ?? null;
  if (found === null) {
    return (
      <p className={styles.hint}>
        No race was run on this version yet. A race asks verified questions with each strategy of choosing examples and
        each number of them, and says which is best.
      </p>
    );
  }
  const arms = Object.entries(found.arms).toSorted(([, one], [, other]) => other.accuracy - one.accuracy);
  const bounds = scale(Object.values(found.gains));
  const cell = (over: string) =>
    function Over([name]: [string, unknown]) {
      const told = name === over ? null : gain(found, name, over);
      return told === null ? <span className={styles.faint}>—</span> : <Gained told={told} bounds={bounds} />;
    };
  return (
    <div className={styles.stack}>
      <p className={styles.words}>
        <Badge tone={found.winner === found.current ? "plain" : "high"}>
          <Trophy aria-hidden /> {found.winner}
        </Badge>
        {found.winner === found.current
          ? "Nothing was shown to be better than what the cell does now."
          : `better than ${found.current}, which the cell does now. Say it in the cell's YAML: training_strategy and training_limit.`}
      </p>
      <Table
        label="Racers"
        rows={arms}
        id={([name]) => name}
        selected={found.winner}
        columns={[
          { name: "Strategy", cell: ([name]) => (name === found.current ? `${name} (now)` : name) },
          { name: "Accuracy", number: true, cell: ([, arm]) => percent(arm.accuracy, 1) },
          { name: "Over no examples", cell: cell("none") },
          { name: "Over now", cell: cell(found.current) },
          { name: "Tokens in", number: true, cell: ([, arm]) => count(arm.tokens_in) },
          { name: "Failed", number: true, cell: ([, arm]) => count(arm.failed) },
          { name: "Cost", number: true, cell: ([, arm]) => usd(arm.cost_usd) },
        ]}
      />
      <p className={styles.note}>
        {plural(found.questions, "question")}
        {found.questions < found.planned && ` of ${count(found.planned)}: the budget ended it`}, all intervals of 95 %
        hold together{version.raced !== null && version.raced !== undefined && `, ${moment(version.raced)}`}.
      </p>
    </div>
  );
}

function Gained({ told, bounds }: { told: Gain; bounds: readonly [number, number] }) {
  return (
    <span className={styles.gained} title={`${points(told.low)} to ${points(told.high)}`}>
      <Track gain={told} bounds={bounds} />
      {points(told.mean)}
    </span>
  );
}

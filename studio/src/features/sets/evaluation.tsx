/** What an evaluation of a version found: how right each set was on verified questions it does not hold. */
import { count, moment, percent, plural, usd } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Share } from "@/shared/ui/chart";
import { Table } from "@/shared/ui/table";

import type { Version } from "./api";
import { Intervals } from "./intervals";
import { type Evaluation as Found, verdict } from "./proof";
import styles from "./sets.module.css";

const NAMES: Record<string, string> = {
  none: "no examples",
  current: "the set in use then",
  candidate: "this version",
};
const named = (arm: string) => NAMES[arm] ?? arm;
const spelled = (pair: string) => pair.split(" - ").map(named).join(" over ");

export function Evaluation({ version }: { version: Version }) {
  const found = version.evaluation;
  if (found === null) {
    return (
      <p className={styles.hint}>
        This version was not evaluated yet. An evaluation asks verified questions again, without examples and with this
        version, and says by how much it is better.
      </p>
    );
  }
  return (
    <div className={styles.stack}>
      <p className={styles.words}>
        <Verdict found={found} harm={version.harm} />
        {plural(found.questions, "verified question")}, {plural(found.groups, "group")} that ask something different,{" "}
        {version.evaluated !== null && moment(version.evaluated)}
      </p>
      <Intervals
        label="Gains in points of accuracy, with intervals of 95 %"
        rows={Object.entries(found.gains).map(([pair, gain]) => ({ name: spelled(pair), gain }))}
      />
      <Table
        label="Arms"
        rows={Object.entries(found.arms)}
        id={([name]) => name}
        columns={[
          { name: "With", cell: ([name]) => named(name) },
          {
            name: "Accuracy",
            wide: true,
            cell: ([, arm]) => <Share of={arm.accuracy}>{percent(arm.accuracy, 1)}</Share>,
          },
          { name: "Examples", number: true, cell: ([, arm]) => count(arm.examples) },
          { name: "Calls", number: true, cell: ([, arm]) => count(arm.calls) },
          { name: "Failed", number: true, cell: ([, arm]) => count(arm.failed) },
          { name: "Tokens in", number: true, cell: ([, arm]) => count(arm.tokens_in) },
          { name: "Cost", number: true, cell: ([, arm]) => usd(arm.cost_usd) },
        ]}
      />
      <p className={styles.note}>Answers that were known before cost nothing: their calls, tokens and cost are 0.</p>
    </div>
  );
}

function Verdict({ found, harm }: { found: Found; harm: boolean | null }) {
  const gain = found.gains["candidate - current"] ?? found.gains["candidate - none"];
  if (harm === true) return <Badge tone="low">does harm</Badge>;
  if (gain === undefined) return null;
  return verdict(gain) === "better" ? <Badge tone="high">better</Badge> : <Badge>no harm shown</Badge>;
}

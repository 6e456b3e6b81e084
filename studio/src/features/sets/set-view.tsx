/** One set: its versions, what they are worth, and the one that is looked at. */
import { count, percent, plural } from "@/shared/lib/format";
import { Figure, Figures } from "@/shared/ui/figure";
import { Card } from "@/shared/ui/page";
import { Tabs } from "@/shared/ui/tabs";

import { Blame } from "./blame";
import { Calibration } from "./calibration";
import { Changes } from "./changes";
import { Curve } from "./curve";
import { Decisions } from "./decisions";
import { Evaluation } from "./evaluation";
import { brief, type TrainingSet } from "./group";
import { points, TONE, verdict } from "./proof";
import { Race } from "./race";
import { Proofs } from "./running";
import styles from "./sets.module.css";
import { Versions } from "./versions";

interface SetViewProps {
  set: TrainingSet;
  version: string | null;
  against: string | null;
  onOpen: (version: string) => void;
  onAgainst: (version: string) => void;
}

export function SetView({ set, version, against, onOpen, onAgainst }: SetViewProps) {
  const chosen = set.versions.find((one) => one.version === version) ?? set.used;
  const lift = set.used.evaluation?.gains["candidate - none"];
  const accuracy = set.used.evaluation?.arms["candidate"]?.accuracy;
  return (
    <div className={styles.stack}>
      <Card>
        <Figures label="The set in use">
          <Figure
            name="Live version"
            value={brief(set.used.version)}
            exact={set.used.version}
            about={set.held ? "held by choice" : "follows decisions"}
          />
          <Figure name="Examples" value={count(set.used.size)} about={plural(set.versions.length, "version")} />
          <Figure
            name="Accuracy"
            value={accuracy === undefined ? "—" : percent(accuracy, 1)}
            about={accuracy === undefined ? "not evaluated" : "on verified questions"}
          />
          <Figure
            name="Lift over no examples"
            value={lift === undefined ? "—" : `${points(lift.mean)} pts`}
            tone={lift === undefined ? undefined : TONE[verdict(lift)]}
            about={lift === undefined ? "evaluate to know" : `${points(lift.low)} to ${points(lift.high)}`}
          />
        </Figures>
      </Card>
      <div className={styles.pair}>
        <Card title="Versions">
          <Versions set={set} chosen={chosen} onOpen={(one) => onOpen(one.version)} />
        </Card>
        <Curve versions={set.versions} />
      </div>
      <Card
        title={`Version ${brief(chosen.version)}`}
        about={chosen.tags.join(", ")}
        actions={
          <span className={styles.actions}>
            <Proofs version={chosen} onOpen={onOpen} />
            <Decisions set={set} version={chosen} />
          </span>
        }
      >
        <div className={styles.inside}>
          <Tabs
            label="About this version"
            remember="rvbbit.sets.tab"
            tabs={[
              { id: "evaluation", name: "Evaluation", content: <Evaluation version={chosen} /> },
              {
                id: "changes",
                name: "Changes",
                count: chosen.added + chosen.removed,
                content: <Changes set={set} version={chosen} against={against} onAgainst={onAgainst} />,
              },
              {
                id: "examples",
                name: "Examples",
                count: chosen.size,
                content: <Blame version={chosen.version} onOpen={onOpen} />,
              },
              { id: "race", name: "Race", content: <Race version={chosen} /> },
            ]}
          />
        </div>
      </Card>
      <Calibration cascade_id={set.cascade_id} cell_name={set.cell_name} />
    </div>
  );
}

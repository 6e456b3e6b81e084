/** The versions of a set, newest first. */
import { ago, count, moment, percent } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Table } from "@/shared/ui/table";

import type { Version } from "./api";
import { brief, type TrainingSet } from "./group";
import { points } from "./proof";
import styles from "./sets.module.css";

interface VersionsProps {
  set: TrainingSet;
  chosen: Version;
  onOpen: (version: Version) => void;
}

export function Versions({ set, chosen, onOpen }: VersionsProps) {
  return (
    <Table
      label="Versions"
      rows={set.versions}
      id={(one) => one.version}
      selected={chosen.version}
      onOpen={onOpen}
      columns={[
        {
          name: "Version",
          cell: (one) => (
            <button type="button" className={styles.version} title={one.version} onClick={() => onOpen(one)}>
              {brief(one.version)}
            </button>
          ),
        },
        {
          name: "State",
          cell: (one) => (
            <span className={styles.tags}>
              {one === set.used && <Badge tone="high">{set.held ? "live, held" : "live"}</Badge>}
              {one.tags.map((name) => (
                <Badge key={name} tone="accent" title={name}>
                  {name}
                </Badge>
              ))}
              {one.harm === true && <Badge tone="low">harm</Badge>}
            </span>
          ),
        },
        { name: "When", cell: (one) => <span title={moment(one.timestamp)}>{ago(one.timestamp)}</span> },
        { name: "Examples", number: true, cell: (one) => count(one.size) },
        {
          name: "Changed",
          number: true,
          cell: (one) => (
            <>
              <span className={styles.added}>+{count(one.added)}</span>{" "}
              <span className={styles.removed}>−{count(one.removed)}</span>
            </>
          ),
        },
        {
          name: "Accuracy",
          number: true,
          cell: (one) => {
            const arm = one.evaluation?.arms["candidate"];
            return arm === undefined ? <span className={styles.note}>not evaluated</span> : percent(arm.accuracy, 1);
          },
        },
        {
          name: "Lift",
          number: true,
          cell: (one) => {
            const lift = one.evaluation?.gains["candidate - none"];
            return lift === undefined ? "—" : points(lift.mean);
          },
        },
      ]}
    />
  );
}

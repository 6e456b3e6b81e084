/** Every training set: by cell and by what its examples share. */
import { Link } from "@tanstack/react-router";
import { Boxes } from "lucide-react";

import { plural } from "@/shared/lib/format";
import { LoadDemo } from "@/shared/ui/load-demo";
import { Empty, Failure, Skeleton } from "@/shared/ui/states";

import { useVersions } from "./api";
import { grouped, scopeWords } from "./group";
import { SetView } from "./set-view";
import styles from "./sets.module.css";

interface SetsProps {
  version: string | null;
  against: string | null;
  onOpen: (version: string | null) => void;
  onAgainst: (version: string) => void;
}

export function Sets({ version, against, onOpen, onAgainst }: SetsProps) {
  const versions = useVersions();
  if (versions.error !== null) return <Failure error={versions.error} again={() => void versions.refetch()} />;
  if (versions.isPending) return <Skeleton lines={9} />;
  const sets = grouped(versions.data);
  const set = sets.find((one) => one.versions.some((row) => row.version === version)) ?? sets[0];
  if (set === undefined) {
    return (
      <Empty
        icon={<Boxes aria-hidden />}
        title="There is no training set yet"
        actions={
          <>
            <LoadDemo />
            <Link to="/review">Review some answers</Link>
          </>
        }
      >
        Mark executions as trainable, then run a query that learns from them: what it was given becomes the first
        version, and stands here.
      </Empty>
    );
  }
  return (
    <div className={styles.page}>
      {sets.length > 1 && (
        <nav className={styles.sets} aria-label="Training sets">
          {sets.map((one) => (
            <button
              key={one.key}
              type="button"
              aria-current={one === set}
              onClick={() => onOpen(one.used.version)}
              title={scopeWords(one.scope)}
            >
              <b>
                {one.cascade_id}.{one.cell_name}
              </b>
              <span>{scopeWords(one.scope) || "one set for all inputs"}</span>
              <small>
                {plural(one.versions.length, "version")}, {plural(one.used.size, "example")}
              </small>
            </button>
          ))}
        </nav>
      )}
      <div className={styles.main}>
        <h2 className={styles.head} title={scopeWords(set.scope)}>
          {set.cascade_id}.{set.cell_name} <span>{scopeWords(set.scope)}</span>
        </h2>
        <SetView key={set.key} set={set} version={version} against={against} onOpen={onOpen} onAgainst={onAgainst} />
      </div>
    </div>
  );
}

/** What one version changed of another; each example is a link. */
import { Choose } from "@/shared/ui/field";
import { Failure, Skeleton } from "@/shared/ui/states";

import { useDiff, type Version } from "./api";
import { Examples } from "./example-line";
import { brief, type TrainingSet } from "./group";
import styles from "./sets.module.css";

interface ChangesProps {
  set: TrainingSet;
  version: Version;
  against: string | null;
  onAgainst: (version: string) => void;
}

export function Changes({ set, version, against, onAgainst }: ChangesProps) {
  const others = set.versions.filter((one) => one !== version);
  const before = others.find((one) => one.version === against) ?? others.find((one) => one.version === version.parent);
  return (
    <div className={styles.stack}>
      <label className={styles.against}>
        Compared with
        <Choose value={before?.version ?? ""} onChange={(event) => onAgainst(event.target.value)}>
          {before === undefined && <option value="">nothing: it is the first</option>}
          {others.map((one) => (
            <option key={one.version} value={one.version}>
              {brief(one.version)}
              {one.tags.length > 0 ? ` ${one.tags.join(", ")}` : ""}, {one.size} examples
            </option>
          ))}
        </Choose>
      </label>
      {before === undefined ? (
        <p className={styles.hint}>The first version: everything in it is new. Its examples are in the tab beside.</p>
      ) : (
        <Diff old={before.version} fresh={version.version} />
      )}
    </div>
  );
}

function Diff({ old, fresh }: { old: string; fresh: string }) {
  const diff = useDiff(old, fresh);
  if (diff.error !== null) return <Failure error={diff.error} again={() => void diff.refetch()} />;
  if (diff.isPending) return <Skeleton lines={4} />;
  const { added, removed, changed } = diff.data;
  if (added.length + removed.length + changed.length === 0) {
    return <p className={styles.hint}>Both hold the same examples.</p>;
  }
  return (
    <>
      <Examples title="Added" tone="high" ids={added} />
      <Examples title="Removed" tone="low" ids={removed} />
      <Examples title="Answer changed" tone="medium" ids={changed} />
    </>
  );
}

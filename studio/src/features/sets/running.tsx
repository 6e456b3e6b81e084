/** The two proofs of a version: started here after one was asked how much, and how far the one that runs is. */
import { FlaskConical, Square, Trophy } from "lucide-react";
import { useEffect, useState } from "react";

import { count, seconds, usd } from "@/shared/lib/format";
import { useStore } from "@/shared/lib/store";
import { Button } from "@/shared/ui/button";

import type { Version } from "./api";
import { brief } from "./group";
import { Ask } from "./proof-dialog";
import { type Kind, NAMES, proving, stop } from "./proving";
import styles from "./sets.module.css";

export function Proofs({ version, onOpen }: { version: Version; onOpen: (version: string) => void }) {
  const now = useStore(proving);
  const [asked, ask] = useState<Kind | null>(null);
  if (now !== null) return <Running />;
  return (
    <>
      <Button icon={<FlaskConical />} onClick={() => ask("evaluate")}>
        Evaluate
      </Button>
      <Button icon={<Trophy />} onClick={() => ask("race")}>
        Race
      </Button>
      {asked !== null && (
        <Ask
          key={asked}
          kind={asked}
          version={version}
          onClose={() => ask(null)}
          onStart={() => onOpen(version.version)}
        />
      )}
    </>
  );
}

function Running() {
  const now = useStore(proving);
  if (now === null) return null;
  const { kind, version, progress, stopping } = now;
  return (
    <span className={styles.running}>
      <progress
        aria-label={`${NAMES[kind]} runs`}
        max={progress?.total}
        value={progress === null ? undefined : progress.done}
      />
      <span role="status">
        {NAMES[kind]} of {brief(version)}:{" "}
        {progress === null ? (
          <Elapsed />
        ) : (
          `${count(progress.done)} of ${count(progress.total)}, ${count(progress.cached)} known, ${usd(progress.cost_usd)}`
        )}
      </span>
      <Button icon={<Square />} disabled={stopping} onClick={stop}>
        {stopping ? "Stopping…" : "Stop"}
      </Button>
    </span>
  );
}

function Elapsed() {
  const [passed, setPassed] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setPassed((before) => before + 1_000), 1_000);
    return () => clearInterval(timer);
  }, []);
  return <>{seconds(passed)}</>;
}

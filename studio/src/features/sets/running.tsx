/** An evaluation or a race of a version, started here: it runs while the page is open, and says how far it is. */
import { FlaskConical, Square, Trophy } from "lucide-react";
import { useEffect, useRef, useState } from "react";

import { ApiError } from "@/shared/api/error";
import { work } from "@/shared/api/lines";
import { queries } from "@/shared/api/queries";
import { count, seconds, usd } from "@/shared/lib/format";
import { Button } from "@/shared/ui/button";
import { say } from "@/shared/ui/toasts";

import type { Version } from "./api";
import styles from "./sets.module.css";

type Kind = "evaluate" | "race";

interface Progress {
  done?: number;
  total?: number;
  cost_usd?: number | null;
}

const NAMES = { evaluate: "Evaluation", race: "Race" };

export function useProof(version: Version) {
  const [running, setRunning] = useState<Kind | null>(null);
  const [progress, setProgress] = useState<Progress>({});
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);

  const start = async (kind: Kind) => {
    const ends = new AbortController();
    stop.current = ends;
    setRunning(kind);
    setProgress({});
    try {
      const asked = { cascade_id: version.cascade_id, candidate: version.version };
      await work(`/api/training/${kind}`, asked, ends.signal, (line) => setProgress(line as Progress));
      say.done(`${NAMES[kind]} is done and kept with the version`);
    } catch (error) {
      const left = error instanceof DOMException || (error instanceof ApiError && error.code === "aborted");
      if (left) say.note(`${NAMES[kind]} stopped`, "answers so far are kept: started again, it goes on from there");
      else say.failed(`No ${NAMES[kind].toLowerCase()}`, error);
    } finally {
      setRunning(null);
      void queries.invalidateQueries({ queryKey: ["sets"] });
    }
  };
  return { running, progress, start: (kind: Kind) => void start(kind), stop: () => stop.current?.abort() };
}

export function Proofs({ running, progress, start, stop }: ReturnType<typeof useProof>) {
  if (running === null) {
    return (
      <>
        <Button
          icon={<FlaskConical />}
          onClick={() => start("evaluate")}
          title="asks a model, three times a question at most"
        >
          Evaluate
        </Button>
        <Button
          icon={<Trophy />}
          onClick={() => start("race")}
          title="asks a model, once for each strategy and number of examples"
        >
          Race
        </Button>
      </>
    );
  }
  const { done, total, cost_usd } = progress;
  return (
    <span className={styles.running}>
      <progress aria-label={`${NAMES[running]} runs`} max={total} value={total === undefined ? undefined : done} />
      <span aria-live="polite">
        {NAMES[running]}{" "}
        {total === undefined ? <Elapsed /> : `${count(done ?? 0)} of ${count(total)}, ${usd(cost_usd)}`}
      </span>
      <Button icon={<Square />} onClick={stop}>
        Stop
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
  return seconds(passed);
}

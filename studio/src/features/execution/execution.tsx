/** One execution, whole: what was asked and answered, what people say of it, and everything that led to it. */
import { ChevronDown, ChevronUp, GraduationCap, X } from "lucide-react";
import { useState } from "react";

import type { Whole } from "@/shared/api/client";
import { decide, type Fields } from "@/shared/api/decisions";
import { Badge } from "@/shared/ui/badge";
import { IconButton } from "@/shared/ui/button";
import { Confidence } from "@/shared/ui/confidence";
import { Switch } from "@/shared/ui/field";
import { Failure, Skeleton } from "@/shared/ui/states";
import { Tabs } from "@/shared/ui/tabs";
import { say } from "@/shared/ui/toasts";

import { AnswerPart } from "./answer";
import { useExecution } from "./api";
import { Arguments } from "./arguments";
import styles from "./execution.module.css";
import { Facts } from "./facts";
import { History } from "./history";
import { Injected } from "./injected";
import { Notes } from "./notes";
import { Scores } from "./scores";
import { Sent } from "./sent";
import { Similar } from "./similar";

interface ExecutionProps {
  traceId: string;
  correcting: boolean;
  onCorrecting: (on: boolean) => void;
  onOpen: (trace_id: string | null) => void;
  /** To the next (1) or the one before (-1), where there is a list. */
  onMove?: (by: number) => void;
}

export function Execution({ traceId, correcting, onCorrecting, onOpen, onMove }: ExecutionProps) {
  const { data, error, refetch } = useExecution(traceId);
  const here = data?.trace_id === traceId ? data : undefined;
  return (
    <section className={styles.execution} aria-label="Execution">
      <header className={styles.head}>
        {here === undefined ? <span className={styles.name}>{traceId}</span> : <Head whole={here} />}
        <span className={styles.gap} />
        {here !== undefined && <Decide whole={here} />}
        {onMove !== undefined && (
          <>
            <IconButton label="Previous" shortcut="k" onClick={() => onMove(-1)}>
              <ChevronUp />
            </IconButton>
            <IconButton label="Next" shortcut="j" onClick={() => onMove(1)}>
              <ChevronDown />
            </IconButton>
          </>
        )}
        <IconButton label="Close" shortcut="Esc" onClick={() => onOpen(null)}>
          <X />
        </IconButton>
      </header>
      {error !== null && here === undefined ? (
        <Failure error={error} again={() => void refetch()} />
      ) : here === undefined ? (
        <Skeleton lines={6} />
      ) : (
        <Body key={here.trace_id} whole={here} correcting={correcting} onCorrecting={onCorrecting} />
      )}
    </section>
  );
}

function Head({ whole }: { whole: Whole }) {
  return (
    <>
      <h2 className={styles.name}>
        {whole.cascade_id} · {whole.cell_name}
      </h2>
      <Confidence value={whole.confidence} calibrated={whole.calibrated} />
      <Badge>{whole.model}</Badge>
      {whole.source !== "query" && <Badge>{whole.source}</Badge>}
      {whole.cached && <Badge tone="info">cached</Badge>}
      {whole.corrected_output !== null && <Badge tone="accent">corrected</Badge>}
      {whole.error !== null && <Badge tone="low">{whole.error_code ?? "failed"}</Badge>}
    </>
  );
}

/** Not while the server has not answered the decision before. */
function Decide({ whole }: { whole: Whole }) {
  const [waiting, setWaiting] = useState(false);
  const act = async (fields: Fields, what: string) => {
    setWaiting(true);
    try {
      await decide({ trace_ids: [whole.trace_id] }, fields, what);
    } catch (error) {
      say.failed("Not saved", error);
    } finally {
      setWaiting(false);
    }
  };
  return (
    <span className={styles.decide}>
      <GraduationCap aria-hidden />
      <Switch
        named
        label="Trainable"
        on={whole.trainable}
        disabled={waiting}
        onChange={(on) => void act({ trainable: on }, on ? "trainable" : "not trainable")}
      />
      <Switch
        named
        label="Verified"
        on={whole.verified}
        disabled={waiting}
        onChange={(on) => void act({ verified: on }, on ? "verified" : "not verified")}
      />
    </span>
  );
}

interface BodyProps {
  whole: Whole;
  correcting: boolean;
  onCorrecting: (on: boolean) => void;
}

function Body({ whole, correcting, onCorrecting }: BodyProps) {
  return (
    <div className={styles.body}>
      <div className={styles.side}>
        <Arguments inputs={whole.inputs} />
        <AnswerPart whole={whole} correcting={correcting} onCorrecting={onCorrecting} />
        <Notes whole={whole} />
      </div>
      <div className={styles.side}>
        <Tabs
          label="About this execution"
          remember="rvbbit.tab"
          tabs={[
            { id: "facts", name: "Facts", content: <Facts whole={whole} /> },
            { id: "sent", name: "Prompt", content: <Sent whole={whole} /> },
            { id: "examples", name: "Examples", count: whole.examples.length, content: <Injected whole={whole} /> },
            { id: "similar", name: "Similar", content: <Similar whole={whole} /> },
            { id: "scores", name: "Scores", count: whole.scores.length, content: <Scores whole={whole} /> },
            {
              id: "history",
              name: "History",
              count: whole.decisions.length,
              content: <History decisions={whole.decisions} />,
            },
          ]}
        />
      </div>
    </div>
  );
}

/** The home page: executions, and the one that is open below them. */
import { Group, Panel, Separator, useDefaultLayout } from "react-resizable-panels";
import { useEffect, useRef, useState } from "react";

import { Execution } from "@/features/execution/execution";
import { Training } from "@/features/training/training";
import { useMedia } from "@/shared/lib/media";
import { one, useAddress } from "@/shared/lib/search";

import styles from "./training.module.css";

export default function Route() {
  const [search, change] = useAddress();
  const open = one(search, "open") || null;
  const [correcting, setCorrecting] = useState<string | null>(null);
  const narrow = useMedia("(max-width: 760px)");
  const mover = useRef<(by: number) => void>(() => undefined);
  const { defaultLayout, onLayoutChanged } = useDefaultLayout({
    id: "rvbbit.panel",
    panelIds: open === null ? ["executions"] : ["executions", "execution"],
    storage: localStorage,
  });
  useEffect(() => {
    document.title = "Training · RVBBIT";
  }, []);
  const show = (trace_id: string | null) => {
    setCorrecting(null);
    change({ open: trace_id }, open !== null);
  };
  const training = (
    <Training
      open={open}
      moverRef={mover}
      onOpen={show}
      onCorrect={(trace_id) => {
        change({ open: trace_id });
        setCorrecting(trace_id);
      }}
    />
  );
  const execution = open !== null && (
    <Execution
      traceId={open}
      correcting={correcting === open}
      onCorrecting={(on) => setCorrecting(on ? open : null)}
      onOpen={show}
      onMove={(by) => mover.current(by)}
    />
  );
  if (narrow) {
    return (
      <main id="main" tabIndex={-1} className={styles.page}>
        <h1 className="visually-hidden">Training</h1>
        {training}
        {execution && <div className={styles.sheet}>{execution}</div>}
      </main>
    );
  }
  return (
    <main id="main" tabIndex={-1} className={styles.page}>
      <h1 className="visually-hidden">Training</h1>
      <Group orientation="vertical" defaultLayout={defaultLayout} onLayoutChanged={onLayoutChanged}>
        <Panel id="executions" minSize="25%">
          {training}
        </Panel>
        {open !== null && (
          <>
            <Separator className={styles.gutter} aria-label="Height of the panel" />
            <Panel id="execution" defaultSize="48%" minSize="20%" className={styles.panel}>
              {execution}
            </Panel>
          </>
        )}
      </Group>
    </main>
  );
}

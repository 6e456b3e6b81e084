/** Examples by id, each with what was asked and what holds, each a link. A few at first: every one is asked for. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { holds } from "@/shared/lib/labels";
import { count, shown } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Button } from "@/shared/ui/button";

import { useExample } from "./api";
import styles from "./sets.module.css";

const FIRST = 12;

interface ExamplesProps {
  title: string;
  tone: "high" | "low" | "medium";
  ids: readonly string[];
}

export function Examples({ title, tone, ids }: ExamplesProps) {
  const [most, setMost] = useState(FIRST);
  if (ids.length === 0) return null;
  return (
    <section>
      <h3 className={styles.title}>
        <Badge tone={tone}>{count(ids.length)}</Badge> {title}
      </h3>
      <ul className={styles.lines}>
        {ids.slice(0, most).map((id) => (
          <ExampleLine key={id} trace_id={id} />
        ))}
      </ul>
      {ids.length > most && (
        <Button look="quiet" onClick={() => setMost(most + 4 * FIRST)}>
          Show {count(Math.min(4 * FIRST, ids.length - most))} more of {count(ids.length)}
        </Button>
      )}
    </section>
  );
}

function ExampleLine({ trace_id }: { trace_id: string }) {
  const { data } = useExample(trace_id);
  return (
    <li>
      <Link to="/training" search={{ open: trace_id }} title={data === undefined ? trace_id : asked(data.inputs)}>
        {data === undefined ? trace_id : asked(data.inputs)}
      </Link>
      {data !== undefined && <b title={shown(holds(data))}>{shown(holds(data))}</b>}
    </li>
  );
}

/** The longest text that was asked about. */
function asked(inputs: Record<string, unknown>): string {
  const texts = Object.values(inputs).filter((value) => typeof value === "string");
  return texts.toSorted((one, other) => other.length - one.length)[0] ?? shown(inputs);
}

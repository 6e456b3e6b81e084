/** A file of logs: looked at first, then kept. Nothing is kept before the button says so. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";

import { answer, api } from "@/shared/api/client";
import { ApiError } from "@/shared/api/error";
import { queries } from "@/shared/api/queries";
import { count, percent, plural } from "@/shared/lib/format";
import { Button } from "@/shared/ui/button";
import { Choose, Field, Input } from "@/shared/ui/field";
import { Card } from "@/shared/ui/page";
import { Failure } from "@/shared/ui/states";

import { Drop } from "./drop";
import { Found } from "./found";
import styles from "./importing.module.css";
import { type Imported, send, type Way } from "./send";

const FORMATS = ["auto", "jsonl", "csv", "parquet", "openai", "langfuse", "otlp"] as const;
/** Milliseconds after the last change before the file is looked at again. */
const PAUSE = 300;
/** Bytes above which it is looked at again only when told to. */
const LARGE = 50_000_000;

interface Reading {
  format: string;
  cascade_id: string;
  cell_name: string;
  map: Readonly<Record<string, string>>;
}

const PLAIN: Reading = { format: "auto", cascade_id: "", cell_name: "", map: {} };

export function Importing() {
  const [file, setFile] = useState<File | null>(null);
  const [reading, setReading] = useState(PLAIN);
  const [seen, setSeen] = useState<Imported | null>(null);
  const [kept, setKept] = useState<Imported | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [way, setWay] = useState<Way | null>(null);
  const [keeping, setKeeping] = useState(false);
  const stop = useRef<AbortController | null>(null);
  const soon = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(
    () => () => {
      clearTimeout(soon.current);
      stop.current?.abort();
    },
    [],
  );
  const operators = useQuery({ queryKey: ["operators"], queryFn: () => answer(api.GET("/api/operators")) });

  const go = async (dry_run: boolean, given: File, as: Reading) => {
    stop.current?.abort();
    const ends = new AbortController();
    stop.current = ends;
    setError(null);
    setKeeping(!dry_run);
    setWay({ sent: 0, landed: 0 });
    try {
      const found = await send(
        { file: given, ...as, dry_run },
        ends.signal,
        (now) => !ends.signal.aborted && setWay(now),
      );
      if (ends.signal.aborted) return;
      if (dry_run) setSeen(found);
      else setKept(found);
    } catch (reason) {
      if (stop.current !== ends) return;
      const stopped = reason instanceof ApiError && reason.code === "aborted";
      if (!stopped || !dry_run) setError(reason);
      if (dry_run) setSeen(null);
    } finally {
      if (stop.current === ends) setWay(null);
      if (!dry_run) void queries.invalidateQueries();
    }
  };
  const take = (given: File | undefined) => {
    if (given === undefined) return;
    const plain = { ...reading, map: {} };
    setFile(given);
    setSeen(null);
    setKept(null);
    setReading(plain);
    void go(true, given, plain);
  };
  const change = (changed: Partial<Reading>) => {
    const next = { ...reading, ...changed };
    setReading(next);
    clearTimeout(soon.current);
    if (file === null || kept !== null || file.size > LARGE) return;
    soon.current = setTimeout(() => void go(true, file, next), PAUSE);
  };

  return (
    <div className={styles.importing}>
      <Drop file={file} disabled={keeping && way !== null} onFile={take} />
      <Card title="How to read it" about="Without a cascade, executions stand under imported.answer, to be looked at">
        <div className={styles.fields}>
          <Field label="Format">
            <Choose value={reading.format} onChange={(event) => change({ format: event.target.value })}>
              {FORMATS.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </Choose>
          </Field>
          <Field label="Cascade they teach">
            <Choose value={reading.cascade_id} onChange={(event) => change({ cascade_id: event.target.value })}>
              <option value="">none</option>
              {operators.data?.operators.map((one) => (
                <option key={one.cascade_id}>{one.cascade_id}</option>
              ))}
            </Choose>
          </Field>
          <Field label="Cell">
            <Input
              value={reading.cell_name}
              placeholder="the last one"
              disabled={reading.cascade_id === ""}
              onChange={(event) => change({ cell_name: event.target.value })}
            />
          </Field>
        </div>
      </Card>
      {way !== null && (
        <div className={styles.way} role="status">
          <progress
            max={1}
            value={way.sent < 1 ? way.sent : undefined}
            aria-label={keeping ? "Import" : "A first look"}
          />
          <span>
            {way.sent < 1
              ? `${percent(way.sent)} sent`
              : way.landed > 0
                ? `${count(Math.ceil(way.landed / 1024))} kB of ${count(Math.ceil((file?.size ?? 0) / 1024))} kB ${keeping ? "landed" : "read"}`
                : "the server reads it"}
          </span>
          <Button onClick={() => stop.current?.abort()}>Stop</Button>
        </div>
      )}
      {error !== null && <Failure error={error} again={() => file !== null && void go(true, file, reading)} />}
      {kept !== null ? (
        <Card
          title={`${plural(kept.added, "execution")} landed`}
          about={kept.added === 0 && kept.known > 0 ? "Everything in this file was logged already" : undefined}
          actions={
            <Link to="/training" search={{ source: "import" }}>
              Look at them in Training
            </Link>
          }
        >
          <Found found={kept} />
        </Card>
      ) : (
        seen !== null && (
          <Card
            title="What would land"
            about={seen.added === 0 ? "Nothing of it is new" : "Nothing is kept yet"}
            actions={
              <span className={styles.end}>
                <Button disabled={way !== null} onClick={() => file !== null && void go(true, file, reading)}>
                  Look again
                </Button>
                <Button
                  look="primary"
                  disabled={way !== null || seen.added + seen.decisions === 0}
                  onClick={() => file !== null && void go(false, file, reading)}
                >
                  Import {plural(seen.added, "execution")}
                </Button>
              </span>
            }
          >
            <Found found={seen} map={reading.map} onMap={(map) => change({ map })} />
          </Card>
        )
      )}
    </div>
  );
}

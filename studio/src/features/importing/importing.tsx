/** A file of logs: looked at first, then kept. Nothing is kept before the button says so. */
import { Link } from "@tanstack/react-router";
import { FileUp } from "lucide-react";
import { type DragEvent, useEffect, useRef, useState } from "react";

import { useQuery } from "@tanstack/react-query";

import { answer, api } from "@/shared/api/client";
import { queries } from "@/shared/api/queries";
import { count, percent, plural } from "@/shared/lib/format";
import { Button } from "@/shared/ui/button";
import { Choose, Field, Input } from "@/shared/ui/field";
import { Card } from "@/shared/ui/page";
import { Failure } from "@/shared/ui/states";

import { Found } from "./found";
import styles from "./importing.module.css";
import { type Imported, send, type Way } from "./send";

const FORMATS = ["auto", "jsonl", "csv", "parquet", "openai", "langfuse", "otlp"] as const;

export function Importing() {
  const [file, setFile] = useState<File | null>(null);
  const [format, setFormat] = useState<string>("auto");
  const [cascade_id, setCascade] = useState("");
  const [cell_name, setCell] = useState("");
  const [map, setMap] = useState<Record<string, string>>({});
  const [seen, setSeen] = useState<Imported | null>(null);
  const [kept, setKept] = useState<Imported | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [way, setWay] = useState<Way | null>(null);
  const [over, setOver] = useState(false);
  const stop = useRef<AbortController | null>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const operators = useQuery({ queryKey: ["operators"], queryFn: () => answer(api.GET("/api/operators")) });

  const go = async (dry_run: boolean, given: File | null = file) => {
    if (given === null) return;
    const ends = new AbortController();
    stop.current = ends;
    setError(null);
    setWay({ sent: 0, landed: 0 });
    try {
      const found = await send({ file: given, format, cascade_id, cell_name, map, dry_run }, ends.signal, setWay);
      if (dry_run) setSeen(found);
      else {
        setKept(found);
        void queries.invalidateQueries();
      }
    } catch (reason) {
      setError(reason);
    } finally {
      setWay(null);
    }
  };
  const take = (given: File | null | undefined) => {
    if (given === null || given === undefined) return;
    setFile(given);
    setSeen(null);
    setKept(null);
    setMap({});
    void go(true, given);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files[0]);
  };

  return (
    <div className={styles.importing}>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the button does the same by keyboard */}
      <section
        className={styles.drop}
        data-over={over}
        aria-label="The file"
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <FileUp aria-hidden />
        <p>{file === null ? "Drop a file here" : `${file.name}, ${count(Math.ceil(file.size / 1024))} kB`}</p>
        <small>JSON Lines, CSV, Parquet, OpenAI chat, Langfuse, OTLP</small>
        <input
          ref={input}
          type="file"
          className="visually-hidden"
          tabIndex={-1}
          aria-label="File"
          onChange={(event) => take(event.target.files?.[0])}
        />
        <Button disabled={way !== null} onClick={() => input.current?.click()}>
          {file === null ? "Choose a file" : "Another file"}
        </Button>
      </section>
      <Card title="How to read it" about="Without a cell, executions stand under imported.answer, to be looked at">
        <div className={styles.fields}>
          <Field label="Format">
            <Choose value={format} onChange={(event) => setFormat(event.target.value)}>
              {FORMATS.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </Choose>
          </Field>
          <Field label="Cascade they teach">
            <Choose value={cascade_id} onChange={(event) => setCascade(event.target.value)}>
              <option value="">none</option>
              {operators.data?.operators.map((one) => (
                <option key={one.cascade_id}>{one.cascade_id}</option>
              ))}
            </Choose>
          </Field>
          <Field label="Cell">
            <Input value={cell_name} placeholder="the last one" onChange={(event) => setCell(event.target.value)} />
          </Field>
        </div>
      </Card>
      {way !== null && (
        <p className={styles.way} aria-live="polite">
          <progress max={1} value={way.sent < 1 ? way.sent : undefined} aria-label="Import" />
          {way.sent < 1
            ? `${percent(way.sent)} sent`
            : way.landed > 0
              ? `${count(way.landed)} read`
              : "the server reads it"}
          <Button onClick={() => stop.current?.abort()}>Stop</Button>
        </p>
      )}
      {error !== null && <Failure error={error} again={() => void go(true)} />}
      {kept !== null ? (
        <Card title={`${plural(kept.added, "execution")} landed`}>
          <Found found={kept} />
          <p className={styles.end}>
            <Link to="/training" search={{ source: "import" }}>
              Look at them
            </Link>
          </p>
        </Card>
      ) : (
        seen !== null && (
          <Card
            title="What would land"
            about="Nothing is kept yet"
            actions={
              <span className={styles.end}>
                <Button disabled={way !== null} onClick={() => void go(true)}>
                  Look again
                </Button>
                <Button look="primary" disabled={way !== null || seen.added === 0} onClick={() => void go(false)}>
                  Import {count(seen.added)}
                </Button>
              </span>
            }
          >
            <Found found={seen} map={map} onMap={setMap} />
          </Card>
        )
      )}
    </div>
  );
}

/** JSON, SQL and YAML, shown or edited. The editor is fetched when it is first needed. */
import { Check, Copy } from "lucide-react";
import { lazy, Suspense, useState } from "react";

import { IconButton } from "./button";
import styles from "./code.module.css";
import type { EditorProps } from "./editor";
import { say } from "./toasts";

const Lazy = lazy(() => import("./editor"));

export type { Language } from "./editor";

/** Until the editor is there, the text stands there as it is. */
export function Editor(props: EditorProps) {
  return (
    <Suspense fallback={<pre className={styles.plain}>{props.value}</pre>}>
      <Lazy {...props} />
    </Suspense>
  );
}

interface CodeProps {
  label: string;
  value: string;
  language: EditorProps["language"];
  copy?: boolean;
}

/** To be read and copied. */
export function Code({ label, value, language, copy = true }: CodeProps) {
  return (
    <div className={styles.code}>
      {copy && <CopyButton label={`Copy ${label}`} value={value} />}
      <Editor label={label} value={value} language={language} />
    </div>
  );
}

/** `plain`: in its place in a row, not over the corner of the text. */
export function CopyButton({ label, value, plain = false }: { label: string; value: string; plain?: boolean }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      setDone(true);
      setTimeout(() => setDone(false), 1_500);
    } catch (error) {
      say.failed("Not copied", error);
    }
  };
  return (
    <IconButton label={label} className={plain ? "" : styles.copy} onClick={() => void copy()}>
      {done ? <Check /> : <Copy />}
    </IconButton>
  );
}

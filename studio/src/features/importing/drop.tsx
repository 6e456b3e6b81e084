/** Where a file is dropped; a button does the same for those who do not drag. */
import { FileUp } from "lucide-react";
import { useRef, useState } from "react";

import { count } from "@/shared/lib/format";
import { Button } from "@/shared/ui/button";

import styles from "./importing.module.css";

interface DropProps {
  file: File | null;
  disabled: boolean;
  onFile: (file: File | undefined) => void;
}

export function Drop({ file, disabled, onFile }: DropProps) {
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the button does the same by keyboard
    <section
      className={styles.drop}
      data-over={over}
      aria-label="The file"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(!disabled);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        if (!disabled) onFile(event.dataTransfer.files[0]);
      }}
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
        onChange={(event) => {
          onFile(event.target.files?.[0]);
          event.target.value = ""; // the same file may be chosen again
        }}
      />
      <Button disabled={disabled} onClick={() => input.current?.click()}>
        {file === null ? "Choose a file" : "Another file"}
      </Button>
    </section>
  );
}

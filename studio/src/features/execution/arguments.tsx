/** What the model was asked about: each argument under its own name. */
import type { Whole } from "@/shared/api/client";
import { shown } from "@/shared/lib/format";
import { Badge } from "@/shared/ui/badge";
import { Code, CopyButton } from "@/shared/ui/code";

import { Part, Text } from "./part";
import styles from "./part.module.css";

export function Arguments({ inputs }: { inputs: Whole["inputs"] }) {
  const entries = Object.entries(inputs);
  if (entries.length === 0)
    return (
      <Part title="Arguments">
        <Text quiet>none</Text>
      </Part>
    );
  return entries.map(([name, value]) => (
    <Part key={name} title={name} actions={<CopyButton plain label={`Copy ${name}`} value={shown(value, 2)} />}>
      <Value name={name} value={value} />
    </Part>
  ));
}

function Value({ name, value }: { name: string; value: unknown }) {
  if (value === null) return <Text quiet>NULL</Text>;
  if (typeof value !== "object") return shown(value) === "" ? <Text quiet>empty</Text> : <Text>{shown(value)}</Text>;
  if (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "string")) {
    return (
      <ul className={styles.chips}>
        {value.map((one: string, place) => (
          <li key={`${place} ${one}`}>
            <Badge>{one}</Badge>
          </li>
        ))}
      </ul>
    );
  }
  return <Code label={name} language="json" value={shown(value, 2)} copy={false} />;
}

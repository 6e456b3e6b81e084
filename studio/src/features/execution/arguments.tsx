/** What the model was asked about: each argument under its own name. */
import type { Whole } from "@/shared/api/client";
import { shown } from "@/shared/lib/format";
import { Code, CopyButton } from "@/shared/ui/code";

import { Part, Text } from "./part";

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
      {value !== null && typeof value === "object" ? (
        <Code label={name} language="json" value={shown(value, 2)} copy={false} />
      ) : (
        <Text quiet={value === null}>{value === null ? "NULL" : shown(value)}</Text>
      )}
    </Part>
  ));
}

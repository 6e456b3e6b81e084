/** What people wrote about it. */
import { useState } from "react";

import type { Whole } from "@/shared/api/client";
import { decide, type Fields } from "@/shared/api/decisions";
import { tagsOf } from "@/shared/lib/tags";
import { Area, Field, Input } from "@/shared/ui/field";
import { say } from "@/shared/ui/toasts";

export function Notes({ whole }: { whole: Whole }) {
  const save = async (fields: Fields, what: string) => {
    try {
      await decide({ trace_ids: [whole.trace_id] }, fields, what);
    } catch (error) {
      say.failed("Not saved", error);
    }
  };
  return (
    <>
      <Text
        key={`notes ${whole.notes ?? ""}`}
        label="Notes"
        value={whole.notes ?? ""}
        long
        onSave={(text) => void save({ notes: text === "" ? null : text }, "notes saved")}
      />
      <Text
        key={`tags ${whole.tags.join()}`}
        label="Tags"
        hint="separated by commas"
        value={whole.tags.join(", ")}
        onSave={(text) => void save({ tags: tagsOf(text) }, "tags saved")}
      />
    </>
  );
}

interface TextProps {
  label: string;
  hint?: string;
  value: string;
  long?: boolean;
  onSave: (text: string) => void;
}

/** Saved when one leaves it; Escape brings back what was there. */
function Text({ label, hint, value, long = false, onSave }: TextProps) {
  const [text, setText] = useState(value);
  const shared = {
    value: text,
    onBlur: () => text.trim() !== value && onSave(text.trim()),
    onKeyDown: (event: React.KeyboardEvent<HTMLElement>) => {
      if (event.key === "Escape") setText(value);
      if (event.key === "Enter" && (!long || event.ctrlKey || event.metaKey)) event.currentTarget.blur();
    },
  };
  return (
    <Field label={label} hint={hint}>
      {long ? (
        <Area
          {...shared}
          rows={2}
          placeholder="Why is this right or wrong?"
          onChange={(event) => setText(event.target.value)}
        />
      ) : (
        <Input {...shared} onChange={(event) => setText(event.target.value)} />
      )}
    </Field>
  );
}

/** Tags for everything that is selected: added and taken away one by one, so that nobody loses what others have tagged. */
import { Plus, Tag, X } from "lucide-react";
import { useState } from "react";

import type { Fields } from "@/shared/api/decisions";
import { plural } from "@/shared/lib/format";
import { tagsOf } from "@/shared/lib/tags";
import { Button } from "@/shared/ui/button";
import { Field, Input } from "@/shared/ui/field";
import { Popover } from "@/shared/ui/popover";

import { type Selected, size } from "./bulk";
import styles from "./tagging.module.css";

interface TaggingProps {
  selected: Selected;
  /** Tags that there are, the most frequent first. */
  known: readonly string[];
  onTag: (fields: Fields, what: string) => void;
}

export function Tagging({ selected, known, onTag }: TaggingProps) {
  const [text, setText] = useState("");
  const tags = tagsOf(text);
  const held = "rows" in selected ? [...new Set(selected.rows.flatMap((row) => row.tags))] : known;
  const offered = known.filter((tag) => !tags.includes(tag)).slice(0, 8);
  const add = () => onTag({ add_tags: tags }, `tagged ${tags.join(", ")}`);
  return (
    <Popover title="Tags" trigger={<Button icon={<Tag />}>Tag</Button>}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (tags.length > 0) add();
          setText("");
        }}
      >
        <Field label={`Add to ${plural(size(selected), "execution")}`} hint="separated by commas">
          <Input value={text} maxLength={1_000} onChange={(event) => setText(event.target.value)} />
        </Field>
        {offered.length > 0 && (
          <p className={styles.tags}>
            {offered.map((tag) => (
              <Button key={tag} look="quiet" icon={<Plus />} onClick={() => setText([...tags, tag].join(", "))}>
                {tag}
              </Button>
            ))}
          </p>
        )}
        <Button look="primary" type="submit" disabled={tags.length === 0}>
          Add
        </Button>
        {held.length > 0 && (
          <fieldset className={styles.held}>
            <legend>Take away</legend>
            {held.slice(0, 12).map((tag) => (
              <Button
                key={tag}
                icon={<X />}
                aria-label={`take ${tag} away`}
                onClick={() => onTag({ remove_tags: [tag] }, `without ${tag}`)}
              >
                {tag}
              </Button>
            ))}
          </fieldset>
        )}
      </form>
    </Popover>
  );
}

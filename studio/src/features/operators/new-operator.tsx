/** The name of a new operator. Its file is kept when it is saved, not before. */
import { useState } from "react";

import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Field, Input } from "@/shared/ui/field";

import styles from "./operators.module.css";
import { NAME } from "./template";

interface NewOperatorProps {
  open: boolean;
  taken: readonly string[];
  onClose: () => void;
  onName: (name: string) => void;
}

export function NewOperator({ open, taken, onClose, onName }: NewOperatorProps) {
  const [name, setName] = useState("");
  const wrong =
    name === ""
      ? null
      : taken.includes(name)
        ? "there is one of this name"
        : NAME.test(name)
          ? null
          : "small letters, digits and _";
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="New operator"
      about="From a template, to be changed into what you need."
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          onName(name);
        }}
      >
        <Field label="Name" hint="as it is called in SQL, like is_urgent" error={wrong}>
          <Input value={name} required onChange={(event) => setName(event.target.value.trim())} />
        </Field>
        <p className={styles.end}>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={name === "" || wrong !== null}>
            Write it
          </Button>
        </p>
      </form>
    </Dialog>
  );
}

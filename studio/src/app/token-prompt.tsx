/** Asks for the server's token, once for this tab. It is kept nowhere else. */
import { useState } from "react";

import { queries } from "@/shared/api/queries";
import { give, needed } from "@/shared/api/token";
import { useStore } from "@/shared/lib/store";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Field, Input } from "@/shared/ui/field";

export function TokenPrompt() {
  const asked = useStore(needed);
  const [value, setValue] = useState("");
  const submit = () => {
    give(value.trim());
    setValue("");
    // what is under way was asked without it: its answer would come instead of one to the new token
    void queries.cancelQueries().then(() => queries.invalidateQueries());
  };
  return (
    <Dialog
      open={asked !== ""}
      onClose={() => undefined}
      title="This server needs its token"
      about="It is the value of RVBBIT_TOKEN where `rvbbit serve` was started."
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Field
          label="Token"
          hint="kept in this tab until it is closed"
          error={asked === "wrong" && value === "" ? "The server does not take that one." : null}
        >
          <Input
            type="password"
            autoComplete="current-password"
            value={value}
            required
            onChange={(event) => setValue(event.target.value)}
          />
        </Field>
        <p style={{ marginTop: 16, textAlign: "right" }}>
          <Button look="primary" type="submit" disabled={value.trim() === ""}>
            Go on
          </Button>
        </p>
      </form>
    </Dialog>
  );
}

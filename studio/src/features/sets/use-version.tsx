/** Going live and rolling back. Where a version is shown to do harm the server refuses; to do it all the same is a choice of its own. */
import { useState } from "react";

import { told } from "@/shared/api/error";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Field, Input, Switch } from "@/shared/ui/field";
import { say } from "@/shared/ui/toasts";

import { goLive, type Version } from "./api";
import { brief } from "./group";
import { points } from "./proof";
import styles from "./sets.module.css";

interface UseVersionProps {
  version: Version;
  act: string;
  onClose: () => void;
}

export function UseVersion({ version, act, onClose }: UseVersionProps) {
  const [reason, setReason] = useState("");
  const [force, setForce] = useState(false);
  const [refused, setRefused] = useState<unknown>(null);
  const [waiting, setWaiting] = useState(false);
  const harmful = version.harm === true || refused !== null;
  const submit = async () => {
    setWaiting(true);
    try {
      await goLive(version.version, reason.trim(), force);
      say.done(`Calls learn from ${brief(version.version)} now`);
      onClose();
    } catch (error) {
      setRefused(error);
    } finally {
      setWaiting(false);
    }
  };
  return (
    <Dialog open onClose={onClose} title={`Let calls learn from ${brief(version.version)}?`} about={about(version)}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field label="Why (optional)">
          <Input value={reason} maxLength={200} onChange={(event) => setReason(event.target.value)} />
        </Field>
        {refused !== null && <Refusal error={refused} />}
        {harmful && (
          <Switch named label="Use it although it answers worse" on={force} disabled={waiting} onChange={setForce} />
        )}
        <p className={styles.end}>
          <Button onClick={onClose}>Cancel</Button>
          <Button look={force ? "danger" : "primary"} type="submit" disabled={waiting || (refused !== null && !force)}>
            {force ? `${act} anyway` : act}
          </Button>
        </p>
      </form>
    </Dialog>
  );
}

function Refusal({ error }: { error: unknown }) {
  const { message, hint } = told(error);
  return (
    <p className={styles.wrong} role="alert">
      {message}
      {hint !== null && <small>{hint}</small>}
    </p>
  );
}

function about({ evaluation, harm, size }: Version): string {
  if (harm === true) {
    const gain = evaluation?.gains["candidate - current"] ?? evaluation?.gains["candidate - none"];
    const much =
      gain === undefined ? "" : `: ${points(gain.mean)} points (${points(gain.low)} to ${points(gain.high)})`;
    return `Its evaluation shows harm${much}. The server does not let it go live, unless you say so.`;
  }
  const unknown = harm === null ? " It was not evaluated yet." : "";
  return `Calls learn from these ${size} examples until another version is chosen; new decisions wait.${unknown}`;
}

/** What people decide about a version: its name, and whether calls learn from it. */
import { ArrowUpFromLine, CornerUpLeft, Pin, Tag, Zap } from "lucide-react";
import { useState } from "react";

import { told } from "@/shared/api/error";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Field, Input } from "@/shared/ui/field";
import { say } from "@/shared/ui/toasts";

import { follow, tag, type Version } from "./api";
import { brief, type TrainingSet } from "./group";
import styles from "./sets.module.css";
import { UseVersion } from "./use-version";

export function Decisions({ set, version }: { set: TrainingSet; version: Version }) {
  const [asked, ask] = useState<"tag" | "use" | null>(null);
  const older = set.versions.indexOf(version) > set.versions.indexOf(set.used);
  const act = older ? "Roll back to this" : version === set.used ? "Hold this version" : "Promote";
  const close = () => ask(null);
  const free = async () => {
    try {
      await follow(set.used.version);
      say.done("Calls learn from every decision again");
    } catch (error) {
      say.failed("Nothing changed", error);
    }
  };
  return (
    <>
      <Button icon={<Tag />} onClick={() => ask("tag")}>
        Tag
      </Button>
      {set.held && (
        <Button icon={<Zap />} title="calls learn from every decision at once again" onClick={() => void free()}>
          Follow decisions
        </Button>
      )}
      {!version.live && (
        <Button
          look="primary"
          icon={older ? <CornerUpLeft /> : version === set.used ? <Pin /> : <ArrowUpFromLine />}
          onClick={() => ask("use")}
        >
          {act}
        </Button>
      )}
      {asked === "tag" && <Name version={version} onClose={close} />}
      {asked === "use" && <UseVersion version={version} act={act} onClose={close} />}
    </>
  );
}

function Name({ version, onClose }: { version: Version; onClose: () => void }) {
  const [name, setName] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const submit = async () => {
    try {
      await tag(version.version, name.trim());
      say.done(`Tagged ${name.trim()}`);
      onClose();
    } catch (error) {
      const { message, hint } = told(error);
      setWrong(hint === null ? message : `${message}: ${hint}`);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Name ${brief(version.version)}`}
      about="A query learns from it by its name: -- @ training: NAME. A name that another version has moves to this one."
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field label="Name" error={wrong}>
          <Input value={name} required maxLength={200} onChange={(event) => setName(event.target.value)} />
        </Field>
        <p className={styles.end}>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={name.trim() === ""}>
            Tag
          </Button>
        </p>
      </form>
    </Dialog>
  );
}

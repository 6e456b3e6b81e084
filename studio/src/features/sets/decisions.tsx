/** What people decide about a version: its name, and whether calls learn from it. */
import { ArrowUpFromLine, CornerUpLeft, Tag, Zap } from "lucide-react";
import { useState } from "react";

import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Field, Input } from "@/shared/ui/field";
import { say } from "@/shared/ui/toasts";

import { follow, tag, use, type Version } from "./api";
import { brief, type TrainingSet } from "./group";

export function Decisions({ set, version }: { set: TrainingSet; version: Version }) {
  const [asked, ask] = useState<"tag" | "use" | null>(null);
  const older = set.versions.indexOf(version) > set.versions.indexOf(set.used);
  const close = () => ask(null);
  const now = async (what: string, act: () => Promise<void>) => {
    try {
      await act();
      say.done(what);
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
        <Button
          icon={<Zap />}
          title="calls learn from every decision at once again"
          onClick={() => void now("Calls learn from every decision again", () => follow(set.used.version))}
        >
          Follow decisions
        </Button>
      )}
      {!version.live && (
        <Button look="primary" icon={older ? <CornerUpLeft /> : <ArrowUpFromLine />} onClick={() => ask("use")}>
          {older ? "Roll back to this" : version === set.used ? "Hold this version" : "Promote"}
        </Button>
      )}
      <Ask
        open={asked === "tag"}
        onClose={close}
        title={`Name ${brief(version.version)}`}
        about="A query uses it by its name: -- @ training: NAME"
        label="Name"
        required
        act="Tag"
        onAct={(name) => void now(`Tagged ${name}`, () => tag(version.version, name))}
      />
      <Ask
        open={asked === "use"}
        onClose={close}
        title={`Let calls learn from ${brief(version.version)}?`}
        about={
          version.harm === true
            ? "Its evaluation shows harm: answers were less often right with it. Calls will learn from it all the same."
            : `Calls learn from these ${version.size} examples until another version is chosen; new decisions wait.${
                version.harm === null ? " It was not evaluated yet." : ""
              }`
        }
        label="Why (optional)"
        danger={version.harm === true}
        act={version.harm === true ? "Use it anyway" : "Use it"}
        onAct={(reason) =>
          void now(`Calls learn from ${brief(version.version)} now`, () =>
            use(version.version, reason, version.harm === true),
          )
        }
      />
    </>
  );
}

interface AskProps {
  open: boolean;
  onClose: () => void;
  title: string;
  about: string;
  label: string;
  required?: boolean;
  danger?: boolean;
  act: string;
  onAct: (text: string) => void;
}

function Ask({ open, onClose, title, about, label, required = false, danger = false, act, onAct }: AskProps) {
  const [text, setText] = useState("");
  return (
    <Dialog open={open} onClose={onClose} title={title} about={about}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onClose();
          onAct(text.trim());
          setText("");
        }}
      >
        <Field label={label}>
          <Input value={text} required={required} maxLength={200} onChange={(event) => setText(event.target.value)} />
        </Field>
        <p style={{ display: "flex", justifyContent: "flex-end", gap: 8, marginTop: 16 }}>
          <Button onClick={onClose}>Cancel</Button>
          <Button look={danger ? "danger" : "primary"} type="submit" disabled={required && text.trim() === ""}>
            {act}
          </Button>
        </p>
      </form>
    </Dialog>
  );
}

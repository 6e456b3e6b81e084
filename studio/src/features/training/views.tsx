/** Filters that someone gave a name, kept in this browser. */
import { useNavigate } from "@tanstack/react-router";
import { Bookmark, Plus, Trash2 } from "lucide-react";
import { useState } from "react";

import { all, type Search, useAddress } from "@/shared/lib/search";
import { remembered, useStore } from "@/shared/lib/store";
import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";
import { Field, Input } from "@/shared/ui/field";
import { Menu } from "@/shared/ui/menu";

import { NAMES } from "./filter";
import styles from "./views.module.css";

/** What a view keeps: the filter and the order. */
const KEPT = [...NAMES, "sort", "order"];

interface View {
  name: string;
  search: Record<string, string[]>;
}

const views = remembered<View[]>("rvbbit.views", []);

export function Views() {
  const saved = useStore(views);
  const [search] = useAddress();
  const navigate = useNavigate();
  const [naming, setNaming] = useState(false);
  const open = (view: View) => void navigate({ to: "/training", search: view.search });
  const here = saved.find((view) => JSON.stringify(view.search) === JSON.stringify(kept(search)));
  return (
    <>
      <Menu
        trigger={
          <Button look="quiet" icon={<Bookmark />}>
            {here?.name ?? "Views"}
          </Button>
        }
        choices={[
          ...saved.map((view) => ({ label: view.name, icon: <Bookmark />, act: () => open(view) })),
          { label: "Save this view…", icon: <Plus />, act: () => setNaming(true) },
          ...(here === undefined
            ? []
            : [
                {
                  label: `Forget “${here.name}”`,
                  icon: <Trash2 />,
                  act: () => views.set(saved.filter((view) => view !== here)),
                },
              ]),
        ]}
      />
      <Naming
        open={naming}
        onClose={() => setNaming(false)}
        onName={(name) => views.set([...saved.filter((view) => view.name !== name), { name, search: kept(search) }])}
      />
    </>
  );
}

function kept(search: Search): Record<string, string[]> {
  return Object.fromEntries(
    KEPT.map((name) => [name, all(search, name)] as const).filter(([, values]) => values.length > 0),
  );
}

function Naming({ open, onClose, onName }: { open: boolean; onClose: () => void; onName: (name: string) => void }) {
  const [name, setName] = useState("");
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Save this view"
      about="The filters and the order as they are now, under a name, in this browser."
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onName(name.trim());
          setName("");
          onClose();
        }}
      >
        <Field label="Name">
          <Input value={name} required maxLength={60} onChange={(event) => setName(event.target.value)} />
        </Field>
        <p className={styles.save}>
          <Button look="primary" type="submit" disabled={name.trim() === ""}>
            Save
          </Button>
        </p>
      </form>
    </Dialog>
  );
}

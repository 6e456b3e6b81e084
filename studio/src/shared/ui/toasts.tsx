/** What just happened, for a moment, with a way back where there is one. Read out by screen readers. */
import { Toast } from "@base-ui/react/toast";
import { Check, CircleAlert, Info, X } from "lucide-react";

import { told } from "@/shared/api/error";

import { Button, IconButton } from "./button";
import styles from "./toasts.module.css";

const toasts = Toast.createToastManager();

interface Action {
  label: string;
  act: () => void;
}

type Kind = "done" | "note" | "failed";

function add(kind: Kind, title: string, description?: string, action?: Action, as?: string): void {
  const id = toasts.add({
    id: as,
    type: kind,
    title,
    description,
    timeout: kind === "failed" ? 12_000 : 6_000,
    priority: kind === "failed" ? "high" : "low",
    data: {
      action: action && {
        label: action.label,
        act: () => {
          toasts.close(id);
          action.act();
        },
      },
    },
  });
}

export const say = {
  /** What is said `as` the same thing again takes the place of what was said before. */
  done: (title: string, action?: Action, as?: string) => add("done", title, undefined, action, as),
  note: (title: string, description?: string) => add("note", title, description),
  /** What was not done, why, and how to mend it. */
  failed(title: string, error: unknown, action?: Action): void {
    const { message, hint } = told(error);
    add("failed", title, hint === null ? message : `${message}. ${hint}`, action);
  },
};

const ICONS = { done: Check, note: Info, failed: CircleAlert };

function List() {
  const { toasts: shown } = Toast.useToastManager<{ action?: Action }>();
  return shown.map((toast) => {
    const kind = (toast.type ?? "note") as Kind;
    const Icon = ICONS[kind];
    const action = toast.data?.action;
    return (
      <Toast.Root key={toast.id} toast={toast} className={`${styles.toast} ${styles[kind]}`}>
        <Icon aria-hidden className={styles.icon} />
        <Toast.Content className={styles.content}>
          <Toast.Title className={styles.title} />
          <Toast.Description className={styles.about} />
        </Toast.Content>
        {action !== undefined && (
          <Button look="quiet" onClick={action.act}>
            {action.label}
          </Button>
        )}
        <Toast.Close render={<IconButton label="Close" />}>
          <X />
        </Toast.Close>
      </Toast.Root>
    );
  });
}

export function Toasts() {
  return (
    <Toast.Provider toastManager={toasts} limit={4}>
      <Toast.Portal>
        <Toast.Viewport className={styles.viewport}>
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

/** A question or a form in front of the page. Escape closes it; focus goes back to where it was. */
import { Dialog as Base } from "@base-ui/react/dialog";
import type { ReactNode } from "react";

import { Button } from "./button";
import styles from "./float.module.css";

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  about?: ReactNode;
  wide?: boolean;
  children?: ReactNode;
  actions?: ReactNode;
}

export function Dialog({ open, onClose, title, about, wide = false, children, actions }: DialogProps) {
  return (
    <Base.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={styles.backdrop} />
        <Base.Popup className={`${styles.dialog} ${wide ? styles.wide : ""}`}>
          <Base.Title className={styles.title}>{title}</Base.Title>
          {about !== undefined && <Base.Description className={styles.about}>{about}</Base.Description>}
          {children}
          {actions !== undefined && <div className={styles.actions}>{actions}</div>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

interface ConfirmProps {
  open: boolean;
  onClose: () => void;
  title: string;
  about: ReactNode;
  act: string;
  danger?: boolean;
  onAct: () => void;
}

/** Before something large: it says how much, and what can be taken back. */
export function Confirm({ open, onClose, title, about, act, danger = false, onAct }: ConfirmProps) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={title}
      about={about}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look={danger ? "danger" : "primary"}
            onClick={() => {
              onClose();
              onAct();
            }}
          >
            {act}
          </Button>
        </>
      }
    />
  );
}

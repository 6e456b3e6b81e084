/** Things to choose from, behind a button. */
import { Menu as Base } from "@base-ui/react/menu";
import type { ReactElement, ReactNode } from "react";

import styles from "./float.module.css";

export interface Choice {
  label: string;
  icon?: ReactNode;
  /** A word at the end: a count, a key. */
  note?: string;
  disabled?: boolean;
  act: () => void;
}

export function Menu({
  trigger,
  choices,
}: {
  trigger: ReactElement<Record<string, unknown>>;
  choices: readonly Choice[];
}) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="start" className={styles.positioner}>
          <Base.Popup className={styles.popup}>
            {choices.map((choice) => (
              <Base.Item key={choice.label} className={styles.item} disabled={choice.disabled} onClick={choice.act}>
                {choice.icon}
                {choice.label}
                {choice.note !== undefined && <small>{choice.note}</small>}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

/** A word about what is pointed at or focused. It adds to what is there; it is never the only name of a thing. */
import { Tooltip } from "@base-ui/react/tooltip";
import type { ReactElement } from "react";

import styles from "./float.module.css";

export function Hint({ text, children }: { text: string; children: ReactElement<Record<string, unknown>> }) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger render={children} />
      <Tooltip.Portal>
        <Tooltip.Positioner sideOffset={6} className={styles.positioner}>
          <Tooltip.Popup className={styles.hint}>{text}</Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

export const Hints = Tooltip.Provider;

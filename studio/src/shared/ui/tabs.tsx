/** One of several views of a thing. The one that was chosen last is shown next time. */
import { Tabs as Base } from "@base-ui/react/tabs";
import { type ReactNode, useMemo } from "react";

import { remembered, useStore } from "@/shared/lib/store";

import styles from "./tabs.module.css";

interface Tab {
  id: string;
  name: string;
  count?: number;
  content: ReactNode;
}

/** `remember`: the name under which this browser keeps the choice. */
interface TabsProps {
  label: string;
  tabs: readonly Tab[];
  remember: string;
  /** As high as what it is in; what is chosen scrolls by itself. */
  fill?: boolean;
}

export function Tabs({ label, tabs, remember, fill = false }: TabsProps) {
  const chosen = useMemo(() => remembered(remember, tabs[0]?.id ?? ""), [remember, tabs[0]?.id]); // eslint-disable-line react-hooks/exhaustive-deps
  const value = useStore(chosen);
  const here = tabs.some((tab) => tab.id === value) ? value : tabs[0]?.id;
  return (
    <Base.Root
      value={here}
      onValueChange={(next) => chosen.set(String(next))}
      className={`${styles.tabs} ${fill ? styles.fill : ""}`}
    >
      <Base.List className={styles.list} aria-label={label}>
        {tabs.map((tab) => (
          <Base.Tab key={tab.id} value={tab.id} className={styles.tab}>
            {tab.name}
            {tab.count !== undefined && tab.count > 0 && <small>{tab.count}</small>}
          </Base.Tab>
        ))}
      </Base.List>
      {tabs.map((tab) => (
        <Base.Panel key={tab.id} value={tab.id} className={styles.panel}>
          {tab.content}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}

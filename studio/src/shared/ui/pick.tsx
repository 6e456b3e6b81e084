/** One or several of many values, found by typing. */
import { Combobox } from "@base-ui/react/combobox";
import { Check, ChevronDown, X } from "lucide-react";

import { short } from "@/shared/lib/format";

import floating from "./float.module.css";
import styles from "./pick.module.css";

export interface Option {
  value: string;
  /** How many there are. */
  count?: number;
}

interface PickProps {
  label: string;
  options: readonly Option[];
  value: readonly string[];
  onChange: (value: string[]) => void;
  /** At most one. */
  single?: boolean;
}

export function Pick({ label, options, value, onChange, single = false }: PickProps) {
  const counts = new Map(options.map((option) => [option.value, option.count]));
  const items = [...new Set([...value, ...options.map((option) => option.value)])];
  const shown = value.length === 0 ? label : value.length === 1 ? value[0] : `${label}: ${value.length}`;
  return (
    <Combobox.Root
      multiple
      items={items}
      value={[...value]}
      onValueChange={(next: string[]) => onChange(single ? next.slice(-1) : next)}
    >
      <span className={`${styles.pick} ${value.length > 0 ? styles.set : ""}`}>
        <Combobox.Trigger
          className={styles.trigger}
          aria-label={value.length > 0 ? `${label}: ${value.join(", ")}` : label}
        >
          <span className={styles.words}>{shown === "" ? "(empty)" : shown}</span>
          {value.length === 0 && <ChevronDown aria-hidden />}
        </Combobox.Trigger>
        {value.length > 0 && (
          <button type="button" className={styles.clear} aria-label={`any ${label}`} onClick={() => onChange([])}>
            <X aria-hidden />
          </button>
        )}
      </span>
      <Combobox.Portal>
        <Combobox.Positioner sideOffset={4} align="start" className={floating.positioner}>
          <Combobox.Popup className={`${floating.popup} ${styles.popup}`} aria-label={label}>
            <Combobox.Input className={styles.input} placeholder={`Find a ${label.toLowerCase()}…`} />
            <Combobox.Empty className={styles.empty}>Nothing is called so.</Combobox.Empty>
            <Combobox.List className={styles.list}>
              {(item: string) => (
                <Combobox.Item key={item} value={item} className={floating.item}>
                  <span className={floating.check}>
                    <Combobox.ItemIndicator>
                      <Check aria-hidden />
                    </Combobox.ItemIndicator>
                  </span>
                  <span className={styles.item}>{item === "" ? "(empty)" : item}</span>
                  {counts.get(item) !== undefined && <small>{short(counts.get(item) ?? 0)}</small>}
                </Combobox.Item>
              )}
            </Combobox.List>
          </Combobox.Popup>
        </Combobox.Positioner>
      </Combobox.Portal>
    </Combobox.Root>
  );
}

/** Which days, in the address. A day is looked at when it is whole and one stops typing; the other one stays as it stands. */
import { type ComponentProps, useEffect, useRef, useState } from "react";

import { useAddress } from "@/shared/lib/search";
import { Input } from "@/shared/ui/field";
import { Segments } from "@/shared/ui/segments";

import styles from "./costs.module.css";
import { address, LAST, named, preset, PRESETS, type Range, range, same, type Typed, whole } from "./range";

/** Milliseconds without a key before the days are taken: 1 may become 15. */
const PAUSE = 400;

export function DaysPicker() {
  const [search, change] = useAddress();
  const held = range(search);
  const [typed, setTyped] = useTyped(held, (days) => change(address(days), false));
  const { from, to } = named(held, typed);
  const field = (name: keyof Range): ComponentProps<"input"> => ({
    type: "date",
    value: typed[name]?.value ?? held[name] ?? "",
    onChange: ({ target }) =>
      setTyped((before) => ({ ...before, [name]: { value: target.value, half: target.validity.badInput } })),
    // typed in part and left: it is what it was
    onBlur: () =>
      setTyped((before) =>
        before[name] !== undefined && whole(before[name]) === undefined ? { ...before, [name]: undefined } : before,
      ),
  });
  return (
    <div className={styles.days} role="group" aria-label="Days">
      <Segments
        label="The last"
        options={PRESETS}
        value={preset(search) as (typeof PRESETS)[number]["value"]}
        onChange={(days) => {
          setTyped({});
          change({ days: days === "30" ? null : days, from: null, to: null }, false);
        }}
      />
      <Input aria-label="From" max={to ?? LAST} {...field("from")} />
      <span aria-hidden>–</span>
      <Input aria-label="To" min={from ?? undefined} max={LAST} {...field("to")} />
    </div>
  );
}

/** What is typed into the fields, told after a pause; gone where the days become others by other means. */
function useTyped(held: Range, onDays: (days: Range) => void) {
  const [typed, setTyped] = useState<Typed>({});
  const said = useRef(held);
  const tell = useRef<(typed: Typed) => void>(() => undefined);
  useEffect(() => {
    tell.current = (now) => {
      const days = named(held, now);
      if (same(days, held)) return;
      said.current = days;
      onDays(days);
    };
  });
  const { from, to } = held;
  useEffect(() => {
    if (same(said.current, { from, to })) return;
    said.current = { from, to };
    setTyped({});
  }, [from, to]);
  useEffect(() => {
    const timer = setTimeout(() => tell.current(typed), PAUSE);
    return () => clearTimeout(timer);
  }, [typed]);
  return [typed, setTyped] as const;
}

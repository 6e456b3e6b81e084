/** Free text that is looked for when one stops typing. Where the address changes by other means, the box follows it. */
import { useEffect, useRef, useState } from "react";

import { Input } from "./field";

const PAUSE = 250;

interface SearchBoxProps {
  /** What is looked for now; "" for nothing. */
  value: string;
  /** Told what was typed, without blanks around it; null where the box was emptied. */
  onChange: (value: string | null) => void;
  label: string;
  placeholder: string;
  id?: string;
}

export function SearchBox({ value, onChange, label, placeholder, id }: SearchBoxProps) {
  const [text, setText] = useState(value);
  const said = useRef(value);
  const told = useRef(onChange);
  useEffect(() => {
    told.current = onChange;
  });
  useEffect(() => {
    if (value === said.current) return;
    said.current = value;
    setText(value);
  }, [value]);
  useEffect(() => {
    const typed = text.trim();
    if (typed === said.current) return;
    const timer = setTimeout(() => {
      said.current = typed;
      told.current(typed === "" ? null : typed);
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <Input
      id={id}
      type="search"
      aria-label={label}
      placeholder={placeholder}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
}
